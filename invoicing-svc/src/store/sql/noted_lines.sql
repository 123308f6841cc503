-- The lines of an issued document, with what notes of a kind took of each.
with noted as (
  select l.corrects_line, sum(l.gross) as gross, sum(l.net) as net, sum(l.tax) as tax
    from invoice n join invoice_line l using (account_id, invoice_id)
   where n.account_id = $1 and n.corrects_id = $2 and n.kind = $3
   group by l.corrects_line
)
select l.number, l.line_id, l.kind, l.origin_first, l.origin_last, l.segment_first, l.rate, l.price_base, l.quantity, l.unit,
       l.gross, l.net, l.gl_revenue, coalesce(nullif(l.tax_place, ''), e.tax_place, e.address ->> 'country') as "tax_place!", l.tax_category, l.tax_percent, l.tax, l.tax_code, l.tax_point,
       coalesce(n.gross, 0) as "noted_gross!", coalesce(n.net, 0) as "noted_net!", coalesce(n.tax, 0) as "noted_tax!"
  from invoice_line l join invoice i using (account_id, invoice_id) join billing_entity e using (entity_id)
  left join noted n on n.corrects_line = l.number
 where l.account_id = $1 and l.invoice_id = $2
 order by l.number
