with line as (
  select account_id, number, line_id, kind, description, note, origin_first, origin_last, late, quantity, unit, rate, gross,
         commission, net, service_first, service_last, billing_month, tax_point, price_base,
         tax_place, tax_category, tax_percent, tax, null::date as accounting_month, null::int as corrects_line
    from draft_line where account_id = $1 and invoice_id = $2
   union all
  select account_id, number, line_id, kind, description, note, origin_first, origin_last, late, quantity, unit, rate, gross,
         commission, net, service_first, service_last, billing_month, tax_point, price_base,
         tax_place, tax_category, tax_percent, tax, accounting_month, corrects_line
    from invoice_line where account_id = $1 and invoice_id = $2
)
select l.number as "number!", o.number as "order_line!", l.kind as "kind!", l.description as "description!", l.note as "note!",
       l.origin_first as "origin_first!", l.origin_last as "origin_last!", l.late as "late!", l.quantity as "quantity!",
       l.unit as "unit!", l.rate as "rate!", l.gross as "gross!", l.commission as "commission!", l.net as "net!",
       l.service_first as "service_first!", l.service_last as "service_last!", l.billing_month as "billing_month!",
       l.tax_point as "tax_point!", l.accounting_month as "accounting_month?", l.price_base as "price_base!", l.tax_place as "tax_place!",
       l.tax_category as "tax_category!", l.tax_percent as "tax_percent!", l.tax as "tax!", l.corrects_line as "corrects_line?"
  from line l join order_line o using (account_id, line_id)
 order by l.number
