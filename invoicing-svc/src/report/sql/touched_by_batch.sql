-- The lines of drafts and documents for lines and days of which a batch said something, by runs that knew it. What landed
-- before batches said their transaction goes by its time.
with batch as (
  select batch_id, landing, xid, received_at from delivery_batch where batch_id = $1
), said as (
  select f.account_id, f.line_id, f.day from delivery_fact f join batch using (landing)
   union
  select a.account_id, a.line_id, a.day from airing a join batch using (batch_id)
), line as (
  select d.account_id, d.invoice_id, d.run_id, d.entity_id, d.currency, d.total, null as document, l.number, l.line_id,
         l.origin_first, l.origin_last, l.gross
    from draft d join draft_line l using (account_id, invoice_id)
   union all
  select i.account_id, i.invoice_id, i.run_id, i.entity_id, i.currency, i.total, i.number, l.number, l.line_id,
         l.origin_first, l.origin_last, l.gross
    from invoice i join invoice_line l using (account_id, invoice_id)
)
select l.account_id as "account_id!", l.invoice_id as "invoice_id!", l.run_id as "run_id!", l.currency as "currency!", l.document as "document?",
       l.total as "total!", array_agg(l.number order by l.number) as "lines!", sum(l.gross) as "gross!"
  from line l
  join billing_run r using (run_id)
  join order_line ol on (ol.account_id, ol.line_id) = (l.account_id, l.line_id)
  join insertion_order o on (o.account_id, o.order_id) = (ol.account_id, ol.order_id)
 cross join batch b
 where not r.preview and coalesce(pg_visible_in_snapshot(b.xid, r.snapshot), b.received_at <= r.data_as_of)
   and exists (select from said s where (s.account_id, s.line_id) = (l.account_id, l.line_id)
                                    and s.day between l.origin_first and l.origin_last)
   and in_scope($2::jsonb, l.entity_id, o.territory, l.account_id)
 group by l.account_id, l.invoice_id, l.run_id, l.currency, l.document, l.total
 order by l.account_id, l.invoice_id
