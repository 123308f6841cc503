-- The lines of a chunk leave its drafts: what its documents say, and what counts as billed. The entry of each line was chosen when it
-- was rated: had another document billed the line meanwhile, it would collide.
with line as (
  delete from draft_line l using unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id)
   where (l.account_id, l.invoice_id) = (chunk.account_id, chunk.invoice_id)
  returning l.*
), billed as (
  insert into billed_to_date (account_id, line_id, entry, basis, kind, origin_first, origin_last, segment_first, rate, price_base, units,
                              gross, invoice_id, recorded_at)
  select account_id, line_id, entry, 'RATED', kind, origin_first, origin_last, segment_first, rate, price_base, quantity, gross, invoice_id, $4
    from line
)
insert into invoice_line (account_id, invoice_id, number, line_id, entry, kind, description, note, origin_first, origin_last, late, segment_first,
       quantity, unit, rate, price_base, gross, commission, net, gl_revenue, tax_code, tax_place, tax_category, tax_percent, tax, service_first, service_last, billing_month,
       tax_point, purchase_order, accounting_month)
select account_id, invoice_id, number, line_id, entry, kind, description, note, origin_first, origin_last, late, segment_first,
       quantity, unit, rate, price_base, gross, commission, net, gl_revenue, tax_code, tax_place, tax_category, tax_percent, tax, service_first, service_last, billing_month,
       tax_point, purchase_order, $3
  from line
