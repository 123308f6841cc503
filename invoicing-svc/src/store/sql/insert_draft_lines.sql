insert into draft_line (account_id, invoice_id, number, line_id, entry, kind, description, note, origin_first, origin_last,
                        late, segment_first, quantity, unit, rate, gross, commission, net, gl_revenue, tax_code,
                        service_first, service_last, billing_month, tax_point, price_base, tax_place, tax_category, tax_percent, tax,
                        purchase_order)
select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::int[], $6::text[], $7::text[], $8::text[], $9::date[],
                     $10::date[], $11::boolean[], $12::date[], $13::numeric[], $14::text[], $15::numeric[], $16::numeric[],
                     $17::numeric[], $18::numeric[], $19::text[], $20::text[], $21::date[], $22::date[], $23::date[],
                     $24::date[], $25::int[], $26::text[], $27::text[], $28::numeric[], $29::numeric[], $30::text[])
