-- The order lines and origin periods of a document of which a run took something back by a line below zero: what all documents and
-- notes come to there, and the latest document that took something back.
with asked as (
  select distinct line_id, origin_first from invoice_line where account_id = $1 and invoice_id = $2
)
select b.line_id, b.origin_first, sum(b.gross) as "stands!",
       (array_agg(i.number order by i.issued_at desc, i.number desc) filter (where b.basis = 'RATED' and b.gross < 0))[1] as "taken_by!"
  from asked a
  -- What names no document was billed by another system, or counts where it was delivered and is nothing together.
  join billed_to_date b on b.account_id = $1 and b.line_id = a.line_id and b.origin_first = a.origin_first
  join invoice i on i.account_id = b.account_id and i.invoice_id = b.invoice_id
 group by b.line_id, b.origin_first
having bool_or(b.basis = 'RATED' and b.gross < 0)
 order by b.line_id, b.origin_first
