with line as (
  select account_id, l.number, l.line_id, l.kind, l.description, l.note, l.origin_first, l.origin_last, l.late, l.quantity, l.unit,
         l.rate, l.gross, l.commission, l.net, l.service_first, l.service_last, l.billing_month, l.tax_point, l.price_base,
         l.tax_place, l.tax_category, l.tax_percent, l.tax, null::date as accounting_month,
         coalesce(l.purchase_order, d.purchase_order) as purchase_order, null::jsonb as parties, null::int as corrects_line
    from draft_line l join draft d using (account_id, invoice_id) where account_id = $1 and invoice_id = $2
   union all
  select account_id, l.number, l.line_id, l.kind, l.description, l.note, l.origin_first, l.origin_last, l.late, l.quantity, l.unit,
         l.rate, l.gross, l.commission, l.net, l.service_first, l.service_last, l.billing_month, l.tax_point, l.price_base,
         l.tax_place, l.tax_category, l.tax_percent, l.tax, l.accounting_month,
         coalesce(l.purchase_order, i.purchase_order), i.parties, l.corrects_line
    from invoice_line l join invoice i using (account_id, invoice_id) where account_id = $1 and invoice_id = $2
)
select l.number as "number!", o.number as "order_line!", l.kind as "kind!", l.description as "description!", l.note as "note!",
       l.origin_first as "origin_first!", l.origin_last as "origin_last!", l.late as "late!", l.quantity as "quantity!",
       l.unit as "unit!", l.rate as "rate!", l.gross as "gross!", l.commission as "commission!", l.net as "net!",
       l.service_first as "service_first!", l.service_last as "service_last!", l.billing_month as "billing_month!",
       l.tax_point as "tax_point!", l.accounting_month as "accounting_month?", l.price_base as "price_base!", l.tax_place as "tax_place!",
       l.tax_category as "tax_category!", l.tax_percent as "tax_percent!", l.tax as "tax!",
       o.order_id, o.product_id, io.external_id, l.purchase_order as "purchase_order?",
       -- What is printed on a document is what it said on the day of issue.
       coalesce(l.parties -> 'orders' -> o.order_id::text ->> 'advertiser', l.parties #>> '{order,advertiser}', io.advertiser) as "advertiser!",
       l.corrects_line as "corrects_line?"
  from line l join order_line o using (account_id, line_id)
  join insertion_order io on (io.account_id, io.order_id) = (o.account_id, o.order_id)
 order by l.number
