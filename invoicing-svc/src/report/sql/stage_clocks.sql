-- Of an order, or of a draft or document: when each billing period of a line reached its stages. Of an order, too, a row without
-- a period for each line that is on no draft or document, or was delivered after all that is.
with billed as (
  select * from stage_clock
   where account_id = $1 and ($2::uuid is null or order_id = $2) and ($3::uuid is null or invoice_id = $3)
), clock as (
  select entity_id, order_id, line_id, order_line, ordinal, product_id, territory, invoice_id, billing_month, origin_first, origin_last,
         signed, synced, live, delivered, told, rated, approved, issued
    from billed
   union all
  select o.entity_id, l.order_id, l.line_id, l.number, l.ordinal, l.product_id, o.territory, null, null, null, null,
         o.signed_date, synced.at, rest.live, null, null, null, null, null
    from insertion_order o join order_line l using (account_id, order_id)
   cross join lateral (
      select min(v.received_at) as at from order_revision v where (v.account_id, v.order_id) = (o.account_id, o.order_id)) synced
   cross join lateral (select max(b.origin_last) as last from billed b where b.line_id = l.line_id) known
   cross join lateral (
      select min(said.day) as live
        from (select a.day from airing a
               where (a.account_id, a.line_id) = (l.account_id, l.line_id) and a.superseded_at is null and a.status = 'AIRED'
               union all
              select f.day from delivery_fact f
               where (f.account_id, f.line_id) = (l.account_id, l.line_id)
                 and greatest(f.impressions, f.viewable_impressions, f.clicks, f.views, f.completed_views, f.actions, f.spend, f.hours) > 0
             ) said
       where known.last is null or said.day > known.last) rest
   where o.account_id = $1 and o.order_id = $2 and (known.last is null or rest.live is not null)
)
select c.order_id as "order_id!", c.order_line as "order_line!", c.product_id as "product_id!", c.invoice_id as "invoice_id?",
       c.billing_month as "billing_month?", c.origin_first as "origin_first?", c.origin_last as "origin_last?", e.time_zone as "time_zone!",
       c.signed as "signed?", c.synced as "synced?", c.live as "live?", c.delivered as "delivered?", c.told as "told?",
       c.rated as "rated?", c.approved as "approved?", c.issued as "issued?"
  from clock c join billing_entity e using (entity_id)
 where in_scope($4::jsonb, c.entity_id, c.territory, $1)
 order by c.order_id, c.ordinal, c.line_id, c.origin_first nulls last, c.invoice_id
offset $5 limit $6
