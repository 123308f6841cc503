-- How documents billed order lines, by origin period: what a line that takes it back has to agree with.
select distinct l.line_id, l.origin_first, i.commission_percent, i.tax_base,
       coalesce(l.purchase_order, i.purchase_order) as "purchase_order?",
       coalesce(nullif(l.tax_place, ''), e.tax_place, e.address ->> 'country') as "tax_place!", l.tax_category, l.tax_percent
  from invoice_line l join invoice i using (account_id, invoice_id) join billing_entity e using (entity_id)
 where l.account_id = any($1) and l.line_id = any($2) and i.kind = 'INVOICE'
