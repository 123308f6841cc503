-- An amended order keeps its row: what was delivered and billed refers to it.
insert into insertion_order as known (account_id, order_id, entity_id, row_revision, source_system, external_id, revision,
  content_digest, advertiser, currency, commission_percent, payment_terms_days, flight_first, flight_last, signed_date,
  liability, billing_calendar, billing_cycle, territory, discount_amount, synced_at, synced_by)
select account_id, order_id, entity_id, 1, source_system, external_id, revision, content_digest, advertiser, currency,
  commission_percent, payment_terms_days, flight_first, flight_last, signed_date, liability, billing_calendar,
  billing_cycle, territory, discount_amount, $2, $3
  from jsonb_to_recordset($1) as said (account_id uuid, order_id uuid, entity_id uuid, source_system text, external_id text,
    revision bigint, content_digest bytea, advertiser text, currency text, commission_percent numeric,
    payment_terms_days integer, flight_first date, flight_last date, signed_date date, liability text,
    billing_calendar text, billing_cycle text, territory text, discount_amount numeric)
on conflict (account_id, order_id) do update set
  row_revision = known.row_revision + 1, revision = excluded.revision, content_digest = excluded.content_digest,
  advertiser = excluded.advertiser, commission_percent = excluded.commission_percent,
  payment_terms_days = excluded.payment_terms_days, flight_first = excluded.flight_first,
  flight_last = excluded.flight_last, signed_date = excluded.signed_date, liability = excluded.liability,
  billing_calendar = excluded.billing_calendar, billing_cycle = excluded.billing_cycle, territory = excluded.territory,
  discount_amount = excluded.discount_amount,
  synced_at = excluded.synced_at, synced_by = excluded.synced_by
