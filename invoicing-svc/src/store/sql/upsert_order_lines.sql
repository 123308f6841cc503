insert into order_line (account_id, order_id, line_id, number, ordinal, product_id, description, flight_first,
  flight_last, pricing_model, schedule, amount, list_amount, list_rate, discount_percent, discount_amount, cap_kind,
  cap_percent, cap_budget, cap_window, booked_units, metric, tier_window, minimum_amount, minimum_window, term_months,
  proration, package_units, markup_percent, expense_cap, delivery_source, third_party_source, third_party_controls,
  tolerance_percent, tolerance_base, station, program, spot_length_seconds, terms_digest, said, closed_on, short_rate)
select account_id, order_id, line_id, number, ordinal, product_id, description, flight_first, flight_last,
  pricing_model, schedule, amount, list_amount, list_rate, discount_percent, discount_amount, cap_kind, cap_percent,
  cap_budget, cap_window, booked_units, metric, tier_window, minimum_amount, minimum_window, term_months, proration,
  package_units, markup_percent, expense_cap, delivery_source, third_party_source, third_party_controls,
  tolerance_percent, tolerance_base, station, program, spot_length_seconds, terms_digest, said, closed_on, short_rate
  from jsonb_to_recordset($1) as said (account_id uuid, order_id uuid, line_id uuid, number text, ordinal integer,
    product_id uuid, description text, flight_first date, flight_last date, pricing_model text, schedule text,
    amount numeric, list_amount numeric, list_rate numeric, discount_percent numeric, discount_amount numeric,
    cap_kind text, cap_percent numeric, cap_budget numeric, cap_window text, booked_units numeric, metric text,
    tier_window text, minimum_amount numeric, minimum_window text, term_months integer, proration text,
    package_units numeric, markup_percent numeric, expense_cap numeric, delivery_source text, third_party_source
    text, third_party_controls boolean, tolerance_percent numeric, tolerance_base text, station text, program text,
    spot_length_seconds integer, terms_digest bytea, said jsonb, closed_on date, short_rate numeric)
on conflict (account_id, line_id) do update set
  ordinal = excluded.ordinal, product_id = excluded.product_id, description = excluded.description,
  flight_first = excluded.flight_first, flight_last = excluded.flight_last, pricing_model = excluded.pricing_model,
  schedule = excluded.schedule, amount = excluded.amount, list_amount = excluded.list_amount,
  list_rate = excluded.list_rate, discount_percent = excluded.discount_percent,
  discount_amount = excluded.discount_amount, cap_kind = excluded.cap_kind, cap_percent = excluded.cap_percent,
  cap_budget = excluded.cap_budget, cap_window = excluded.cap_window, booked_units = excluded.booked_units,
  metric = excluded.metric, tier_window = excluded.tier_window, minimum_amount = excluded.minimum_amount,
  minimum_window = excluded.minimum_window, term_months = excluded.term_months, proration = excluded.proration,
  package_units = excluded.package_units, markup_percent = excluded.markup_percent,
  expense_cap = excluded.expense_cap, delivery_source = excluded.delivery_source,
  third_party_source = excluded.third_party_source, third_party_controls = excluded.third_party_controls,
  tolerance_percent = excluded.tolerance_percent, tolerance_base = excluded.tolerance_base,
  station = excluded.station, program = excluded.program, spot_length_seconds = excluded.spot_length_seconds,
  terms_digest = excluded.terms_digest, said = excluded.said,
  closed_on = excluded.closed_on, short_rate = excluded.short_rate
