-- A line of a note takes everything but its figures and its tax from the line that it corrects. Its entries of the ledger are numbered
-- far above those of runs, whose drafts have chosen their own already.
with note as (
  select o.*, n.quantity as note_quantity, n.unit as note_unit, n.rate as note_rate, n.price_base as note_base, n.gross as note_gross,
         n.commission as note_commission, n.net as note_net, n.tax as note_tax, n.units as note_units, n.changed as note_changed,
         n.place as note_place, n.category as note_category, n.percent as note_percent, n.retaxes as note_retaxes,
         n.ordinality::int as note_number,
         (select greatest(coalesce(max(b.entry), 0), 1000000000) from billed_to_date b
           where b.account_id = o.account_id and b.line_id = o.line_id)
         + (row_number() over (partition by o.line_id order by n.ordinality))::int as note_entry
    from unnest($5::int[], $6::numeric[], $7::text[], $8::numeric[], $9::int[], $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[],
                $15::numeric[], $16::numeric[], $18::text[], $19::text[], $20::numeric[], $21::boolean[])
         with ordinality as n(corrects, quantity, unit, rate, price_base, gross, commission, net, tax, units, changed, place, category, percent, retaxes, ordinality)
    join invoice_line o on o.account_id = $1 and o.invoice_id = $2 and o.number = n.corrects
), billed as (
  insert into billed_to_date (account_id, line_id, entry, basis, kind, origin_first, origin_last, segment_first, rate, price_base, units,
                              gross, invoice_id, recorded_at)
  select account_id, line_id, note_entry, $14, kind, origin_first, origin_last, segment_first, note_rate, note_base, note_units,
         note_changed, $3, $17
    from note
)
insert into invoice_line (account_id, invoice_id, number, line_id, entry, kind, description, note, origin_first, origin_last, late,
       segment_first, quantity, unit, rate, price_base, gross, commission, net, gl_revenue, tax_code, tax_place, tax_category, tax_percent,
       tax, service_first, service_last, billing_month, tax_point, purchase_order, accounting_month, corrects_line, retaxes)
select account_id, $3, note_number, line_id, note_entry, kind, description, '', origin_first, origin_last, late,
       segment_first, note_quantity, note_unit, note_rate, note_base, note_gross, note_commission, note_net, gl_revenue, tax_code, note_place,
       note_category, note_percent, note_tax, service_first, service_last, billing_month, tax_point, purchase_order, $4, number, note_retaxes
  from note
