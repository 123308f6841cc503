insert into order_line (account_id, order_id, line_id, number, ordinal, product_id, description, flight_first, flight_last,
  pricing_model, schedule, amount, cap_kind, cap_percent, cap_budget, station, program, spot_length_seconds, terms_digest)
select account_id, order_id, line_id, number, ordinal, product_id, description, flight_first, flight_last, pricing_model,
  schedule, amount, cap_kind, cap_percent, cap_budget, station, program, spot_length_seconds, terms_digest
  from jsonb_to_recordset($1) as said (account_id uuid, order_id uuid, line_id uuid, number text, ordinal integer,
    product_id uuid, description text, flight_first date, flight_last date, pricing_model text, schedule text,
    amount numeric, cap_kind text, cap_percent numeric, cap_budget numeric, station text, program text,
    spot_length_seconds integer, terms_digest bytea)
on conflict (account_id, line_id) do update set
  ordinal = excluded.ordinal, product_id = excluded.product_id, description = excluded.description,
  flight_first = excluded.flight_first, flight_last = excluded.flight_last, pricing_model = excluded.pricing_model,
  schedule = excluded.schedule, amount = excluded.amount, cap_kind = excluded.cap_kind,
  cap_percent = excluded.cap_percent, cap_budget = excluded.cap_budget, station = excluded.station,
  program = excluded.program, spot_length_seconds = excluded.spot_length_seconds, terms_digest = excluded.terms_digest
