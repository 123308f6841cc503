-- The lines of an issued document, with what notes of a kind took of each. A line whose tax was corrected stands as that
-- note left it, with what was taken since.
with retaxed as (
  select distinct on (c.corrects_line) c.corrects_line, c.entry, c.tax_place, c.tax_category, c.tax_percent, c.rate, c.price_base, c.unit,
         case n.kind when 'CREDIT_NOTE' then -c.quantity else c.quantity end as quantity,
         case n.kind when 'CREDIT_NOTE' then -c.gross else c.gross end as gross,
         case n.kind when 'CREDIT_NOTE' then -c.net else c.net end as net,
         case n.kind when 'CREDIT_NOTE' then -c.tax else c.tax end as tax
    from invoice n
    join invoice_line c using (account_id, invoice_id)
    join invoice_line l on (l.account_id, l.invoice_id, l.number) = (n.account_id, n.corrects_id, c.corrects_line)
   -- Of the two lines that correct a tax the one that says how it should have been.
   where n.account_id = $1 and n.corrects_id = $2 and c.retaxes and (n.kind = 'CREDIT_NOTE') = (c.gross * l.gross < 0)
   order by c.corrects_line, c.entry desc
), noted as (
  select l.corrects_line, sum(l.gross) as gross, sum(l.net) as net, sum(l.tax) as tax
    from invoice n join invoice_line l using (account_id, invoice_id) left join retaxed r using (corrects_line)
   where n.account_id = $1 and n.corrects_id = $2 and n.kind = $3 and not l.retaxes and l.entry > coalesce(r.entry, 0)
   group by l.corrects_line
)
select l.number, l.line_id, l.kind, l.origin_first, l.origin_last, l.segment_first, l.gl_revenue, l.tax_code, l.tax_point,
       coalesce(r.rate, l.rate) as "rate!", coalesce(r.price_base, l.price_base) as "price_base!",
       coalesce(r.quantity, l.quantity) as "quantity!", coalesce(r.unit, l.unit) as "unit!",
       coalesce(r.gross, l.gross) as "gross!", coalesce(r.net, l.net) as "net!", coalesce(r.tax, l.tax) as "tax!",
       coalesce(r.tax_place, nullif(l.tax_place, ''), e.tax_place, e.address ->> 'country') as "tax_place!",
       coalesce(r.tax_category, l.tax_category) as "tax_category!", coalesce(r.tax_percent, l.tax_percent) as "tax_percent!",
       coalesce(n.gross, 0) as "noted_gross!", coalesce(n.net, 0) as "noted_net!", coalesce(n.tax, 0) as "noted_tax!"
  from invoice_line l join invoice i using (account_id, invoice_id) join billing_entity e using (entity_id)
  left join retaxed r on r.corrects_line = l.number
  left join noted n on n.corrects_line = l.number
 where l.account_id = $1 and l.invoice_id = $2
 order by l.number
