-- What lines of documents billed of order lines at each price, with what notes left of it; the latest document first.
with line as (
  select i.invoice_id, i.issued_at, l.number, l.line_id, l.entry, l.gross
    from invoice_line l join invoice i using (account_id, invoice_id)
   where l.account_id = $1 and l.line_id = any($2) and i.kind = 'INVOICE' and i.run_id is not null
), noted as (
  select line.invoice_id, line.number, n.kind, n.basis, c.line_id, c.entry, c.gross, c.retaxes
    from line
    join invoice n on n.account_id = $1 and n.corrects_id = line.invoice_id
    join invoice_line c on c.account_id = $1 and c.invoice_id = n.invoice_id and c.corrects_line = line.number
), entry as (
  select invoice_id, number, line_id, entry from line
   union all
  select invoice_id, number, line_id, entry from noted where basis = 'CORRECTION'
), billed as (
  select e.invoice_id, e.number, e.line_id, b.origin_first, b.origin_last, b.kind, b.segment_first, b.rate, b.price_base,
         sum(b.units) as units
    from entry e join billed_to_date b on b.account_id = $1 and b.line_id = e.line_id and b.entry = e.entry
   group by e.invoice_id, e.number, e.line_id, b.origin_first, b.origin_last, b.kind, b.segment_first, b.rate, b.price_base
)
select b.invoice_id as "invoice_id!", b.number as "number!", b.line_id as "line_id!", b.origin_first as "origin_first!",
       b.origin_last as "origin_last!", b.kind as "kind!", b.segment_first as "segment_first!", b.rate as "rate!",
       b.price_base as "price_base!", b.units as "units!",
       line.gross - coalesce((select sum(n.gross) from noted n
                               where n.invoice_id = b.invoice_id and n.number = b.number and n.kind = 'CREDIT_NOTE' and not n.retaxes),
                             0) as "left!"
  from billed b join line on line.invoice_id = b.invoice_id and line.number = b.number
 where b.units > 0
 order by line.issued_at desc, b.invoice_id, b.number, b.rate desc
