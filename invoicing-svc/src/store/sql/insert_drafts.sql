insert into draft (account_id, invoice_id, run_id, order_id, entity_id, kind, currency, billing_month, period_first,
                   period_last, payment_terms_days, spots, commission_percent, gross, commission, net, tax, total, digest,
                   purchase_order, waiting, tax_base, orders, tax_engine, settled_by, rated_at, seen)
select said.*, $25::timestamptz, $26::text::pg_snapshot
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::date[], $9::date[],
              $10::date[], $11::int[], $12::bigint[], $13::numeric[], $14::numeric[], $15::numeric[], $16::numeric[],
              $17::numeric[], $18::numeric[], $19::bytea[], $20::text[], $21::boolean[], $22::text[], $23::int[], $24::text[],
              $27::text[]) as said
