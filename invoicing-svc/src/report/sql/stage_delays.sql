-- When what an entity billed in a month reached its stages, of as many products as a page needs, after a row for each of these
-- products. To see the stages of a line its order, its spots and each of its days are looked at: with every page of all that was billed
-- that took as long as the whole list. Which products there are, and which lines are theirs, is known from the lines of the month
-- alone (invoice_by_month; drafts are only those of open runs).
with billed as (
  select l.account_id, l.line_id from draft d join draft_line l using (account_id, invoice_id)
   where d.entity_id = $1 and d.billing_month = $2
   union all
  select l.account_id, l.line_id from invoice i join invoice_line l using (account_id, invoice_id)
   where i.entity_id = $1 and i.billing_month = $2 and i.run_id is not null
), part as materialized (
  -- In the order of bytes, in which the page goes on.
  select distinct p.code collate "C" as code, p.product_id
    from billed join order_line using (account_id, line_id) join ad_product p using (product_id)
   where ($3::uuid is null or p.product_id = $3)
     and ($5::text is null or (p.code collate "C", p.product_id) >= ($5, $6::uuid))
   order by 1, 2 limit $7
)
select part.code as "code!", part.product_id as "product_id!", null::uuid as "account_id?", null::uuid as "invoice_id?",
       null::date as "signed?", null::timestamptz as "synced?", null::date as "live?", null::date as "delivered?",
       null::timestamptz as "told?", null::timestamptz as "rated?", null::timestamptz as "approved?", null::timestamptz as "issued?"
  from part
 union all
select part.code, part.product_id, c.account_id, c.invoice_id, c.signed, c.synced, c.live, c.delivered, c.told, c.rated, c.approved, c.issued
  from part join stage_clock c on c.product_id = part.product_id
 where c.entity_id = $1 and c.billing_month = $2 and in_scope($4::jsonb, c.entity_id, c.territory, c.account_id)
