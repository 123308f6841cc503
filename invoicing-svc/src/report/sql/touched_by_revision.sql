-- The lines of drafts and documents of an order, by runs that knew no later revision of it than this one.
with line as (
  select d.account_id, d.invoice_id, d.run_id, d.entity_id, d.currency, d.total, null as document, l.number, l.line_id, l.gross
    from draft d join draft_line l using (account_id, invoice_id) where d.account_id = $1
   union all
  select i.account_id, i.invoice_id, i.run_id, i.entity_id, i.currency, i.total, i.number, l.number, l.line_id, l.gross
    from invoice i join invoice_line l using (account_id, invoice_id) where i.account_id = $1
)
select l.account_id as "account_id!", l.invoice_id as "invoice_id!", l.run_id as "run_id!", l.currency as "currency!", l.document as "document?",
       l.total as "total!", array_agg(l.number order by l.number) as "lines!", sum(l.gross) as "gross!"
  from line l
  join billing_run r using (run_id)
  join order_line ol on (ol.account_id, ol.line_id) = (l.account_id, l.line_id)
  join insertion_order o on (o.account_id, o.order_id) = (ol.account_id, ol.order_id)
 where not r.preview and ol.order_id = $2 and in_scope($4::jsonb, l.entity_id, o.territory, l.account_id)
   and $3 = (select max(v.revision) from order_revision v
              where (v.account_id, v.order_id) = ($1, $2) and v.outcome in ('CREATED', 'AMENDED') and v.received_at <= r.data_as_of)
 group by l.account_id, l.invoice_id, l.run_id, l.currency, l.document, l.total
 order by l.account_id, l.invoice_id
