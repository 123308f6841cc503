-- The order lines and origin periods of a document of which a run took something back by a line below zero: what all documents and
-- notes come to there, and the latest document that took something back.
with asked as (
  select distinct line_id, origin_first from invoice_line where account_id = $1 and invoice_id = $2
)
select l.line_id, l.origin_first, sum(case i.kind when 'CREDIT_NOTE' then -l.gross else l.gross end) as "stands!",
       (array_agg(i.number order by i.issued_at desc, i.number desc) filter (where i.run_id is not null and l.gross < 0))[1] as "taken_by!"
  from asked a
  join invoice_line l on l.account_id = $1 and l.line_id = a.line_id and l.origin_first = a.origin_first
  join invoice i on i.account_id = l.account_id and i.invoice_id = l.invoice_id
 group by l.line_id, l.origin_first
having bool_or(i.run_id is not null and l.gross < 0)
 order by l.line_id, l.origin_first
