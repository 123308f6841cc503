-- What drafts have of the lines of the accounts, by line and origin.
select l.account_id, l.line_id, ol.order_id, d.invoice_id, d.run_id, d.waiting, d.currency, r.data_as_of, l.origin_first, l.origin_last,
       sum(l.gross) as "gross!"
  from draft d join billing_run r using (run_id) join draft_line l using (account_id, invoice_id)
  join order_line ol on (ol.account_id, ol.line_id) = (l.account_id, l.line_id)
 where d.entity_id = $1 and d.account_id = any($2) and not r.preview
 group by l.account_id, l.line_id, ol.order_id, d.invoice_id, d.run_id, d.waiting, d.currency, r.data_as_of, l.origin_first, l.origin_last
 order by l.line_id, l.origin_first, d.invoice_id
