insert into invoice_line (account_id, invoice_id, number, line_id, entry, kind, description, note, origin_first, origin_last, late, segment_first,
       quantity, unit, rate, price_base, gross, commission, net, gl_revenue, tax_code, tax_place, tax_category, tax_percent, tax, service_first, service_last, billing_month,
       tax_point, purchase_order, accounting_month)
select account_id, invoice_id, number, line_id, entry, kind, description, note, origin_first, origin_last, late, segment_first,
       quantity, unit, rate, price_base, gross, commission, net, gl_revenue, tax_code, tax_place, tax_category, tax_percent, tax, service_first, service_last, billing_month,
       tax_point, purchase_order, $3
  from draft_line join unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id) using (account_id, invoice_id)
