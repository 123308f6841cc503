-- A line of a rebill's invoice takes everything from the line that it replaces but its figures, its tax and its order line.
-- It counts for no run: what was delivered is billed where it was sold.
with made as (
  select o.*, n.line_id as made_line, n.quantity as made_quantity, n.unit as made_unit, n.rate as made_rate, n.price_base as made_base,
         n.gross as made_gross, n.commission as made_commission, n.net as made_net, n.place as made_place, n.category as made_category,
         n.percent as made_percent, n.tax as made_tax, n.ordinality::int as made_number,
         (select greatest(coalesce(max(b.entry), 0), 1000000000) from billed_to_date b where b.account_id = $3 and b.line_id = n.line_id)
         + (row_number() over (partition by n.line_id order by n.ordinality))::int as made_entry
    from unnest($6::int[], $7::uuid[], $8::numeric[], $9::text[], $10::numeric[], $11::int[], $12::numeric[], $13::numeric[], $14::numeric[],
                $15::text[], $16::text[], $17::numeric[], $18::numeric[])
         with ordinality as n(replaces, line_id, quantity, unit, rate, price_base, gross, commission, net, place, category, percent, tax, ordinality)
    join invoice_line o on o.account_id = $1 and o.invoice_id = $2 and o.number = n.replaces
), billed as (
  insert into billed_to_date (account_id, line_id, entry, basis, kind, origin_first, origin_last, segment_first, rate, price_base, units,
                              gross, invoice_id, recorded_at)
  select $3, made_line, made_entry, 'REBILL', kind, origin_first, origin_last, segment_first, made_rate, made_base, 0, made_gross, $4, $19
    from made
), listed as (
  -- The spots stand with lines that are billed whole.
  insert into invoice_spot (account_id, invoice_id, number, ordinal, airing_id, version)
  select $3, $4, m.made_number, s.ordinal, s.airing_id, s.version
    from invoice_spot s join made m on s.number = m.number
   where s.account_id = $1 and s.invoice_id = $2 and m.quantity = m.made_quantity and m.unit = m.made_unit
)
insert into invoice_line (account_id, invoice_id, number, line_id, entry, kind, description, note, origin_first, origin_last, late,
       segment_first, quantity, unit, rate, price_base, gross, commission, net, gl_revenue, tax_code, tax_place, tax_category, tax_percent,
       tax, service_first, service_last, billing_month, tax_point, purchase_order, accounting_month, corrects_line)
select $3, $4, made_number, made_line, made_entry, kind, description, note, origin_first, origin_last, late,
       segment_first, made_quantity, made_unit, made_rate, made_base, made_gross, made_commission, made_net, gl_revenue, tax_code, made_place,
       made_category, made_percent, made_tax, service_first, service_last, billing_month, tax_point,
       case when $20 then purchase_order end, $5, number
  from made
