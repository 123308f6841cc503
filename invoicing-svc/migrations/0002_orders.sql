-- Orders. Everything that belongs to an account carries it as the first column of every key, so that the account can
-- one day say on which node its rows live.

-- Uniqueness across accounts, which a constraint on the orders could not say: a local registry.
create table order_registry (
  source_system text not null,
  external_id   text not null,
  account_id    uuid not null,
  order_id      uuid not null,
  primary key (source_system, external_id)
);

-- The batches of a source that counts them; the primary key makes a repeat visible, the domain a gap.
create table order_batch (
  source_system text not null,
  sequence      bigint not null constraint order_batch_sequence check (sequence >= 1),
  orders        bigint not null,
  lines         bigint not null,
  amount        numeric not null,
  received_at   timestamptz not null,
  received_by   text not null,
  primary key (source_system, sequence)
);

create table insertion_order (
  account_id         uuid not null references account,
  order_id           uuid not null,
  entity_id          uuid not null references billing_entity,
  row_revision       bigint not null,
  source_system      text not null,
  external_id        text not null,
  revision           bigint not null constraint insertion_order_revision check (revision >= 1),
  content_digest     bytea not null,
  advertiser         text not null,
  currency           text not null,
  commission_percent numeric not null constraint insertion_order_commission_percent check (commission_percent between 0 and 100),
  payment_terms_days integer not null constraint insertion_order_payment_terms check (payment_terms_days between 0 and 365),
  flight_first       date not null,
  flight_last        date not null,
  signed_date        date,
  liability          text not null constraint insertion_order_liability
                     check (liability in ('SOLE_AGENCY', 'SEQUENTIAL', 'JOINT_AND_SEVERAL', 'ADVERTISER')),
  billing_calendar   text not null constraint insertion_order_billing_calendar check (billing_calendar in ('CALENDAR_MONTH', 'BROADCAST_MONTH')),
  billing_cycle      text not null constraint insertion_order_billing_cycle
                     check (billing_cycle in ('END_OF_MONTH', 'END_OF_MONTH_OR_CONTRACT', 'WEEKLY')),
  territory          text not null,
  synced_at          timestamptz not null,
  synced_by          text not null,
  primary key (account_id, order_id),
  constraint insertion_order_flight check (flight_first <= flight_last)
);
create index insertion_order_by_entity on insertion_order (entity_id, account_id);

create table order_external_id (
  account_id    uuid not null,
  order_id      uuid not null,
  source_system text not null,
  external_id   text not null,
  primary key (account_id, order_id, source_system, external_id),
  foreign key (account_id, order_id) references insertion_order
);

create table order_purchase_order (
  account_id uuid not null,
  order_id   uuid not null,
  number     text not null,
  value      numeric,
  expires    date,
  primary key (account_id, order_id, number),
  foreign key (account_id, order_id) references insertion_order
);

-- What was received, taken or not: append-only.
create table order_revision (
  account_id     uuid not null,
  order_id       uuid not null,
  revision       bigint not null,
  content_digest bytea not null,
  outcome        text not null constraint order_revision_outcome check (outcome in ('CREATED', 'AMENDED', 'CONFLICT')),
  content        bytea not null,
  received_at    timestamptz not null,
  received_by    text not null,
  primary key (account_id, order_id, revision, content_digest)
);

create table order_line (
  account_id          uuid not null,
  order_id            uuid not null,
  line_id             uuid not null,
  number              text not null,
  ordinal             integer not null,
  product_id          uuid not null references ad_product,
  description         text not null,
  flight_first        date not null,
  flight_last         date not null,
  pricing_model       text not null constraint order_line_pricing_model check (pricing_model in ('FLAT_FEE', 'PER_SPOT')),
  schedule            text not null constraint order_line_schedule check (schedule in ('ON_DELIVERY', 'EVEN_SPLIT')),
  amount              numeric not null constraint order_line_amount check (amount >= 0),
  cap_kind            text not null constraint order_line_cap_kind
                      check (cap_kind in ('LESSER_OF_BOOKED_AND_DELIVERED', 'BUDGET', 'PERCENT', 'UNCAPPED')),
  cap_percent         numeric,
  cap_budget          numeric,
  station             text not null,
  program             text not null,
  spot_length_seconds integer not null,
  -- SHA-256 over what the money of the line follows from: an amendment of a billed line must not change it.
  terms_digest        bytea not null,
  closed_on           date,
  primary key (account_id, line_id),
  constraint order_line_number_is_unique unique (account_id, order_id, number),
  foreign key (account_id, order_id) references insertion_order,
  constraint order_line_flight check (flight_first <= flight_last),
  constraint order_line_cap_has_its_value check ((cap_kind = 'PERCENT') = (cap_percent is not null) and (cap_kind = 'BUDGET') = (cap_budget is not null))
);

-- The money terms of a line by day. Segments of a line follow each other without gap or overlap.
create table term_segment (
  account_id   uuid not null,
  line_id      uuid not null,
  first_day    date not null,
  last_day     date not null,
  revision     bigint not null,
  rate         numeric,
  booked_units numeric,
  primary key (account_id, line_id, first_day),
  foreign key (account_id, line_id) references order_line,
  constraint term_segment_days check (first_day <= last_day)
);

create table plan_week (
  account_id uuid not null,
  line_id    uuid not null,
  ordinal    integer not null,
  first_day  date not null,
  last_day   date not null,
  weekdays   text not null constraint plan_week_weekdays check (length(weekdays) = 7),
  units      numeric not null,
  rate       numeric not null,
  primary key (account_id, line_id, ordinal),
  foreign key (account_id, line_id) references order_line,
  constraint plan_week_days check (first_day <= last_day)
);

-- The parts of a fee, made once when it is booked and from then on only summed.
create table schedule_part (
  account_id   uuid not null,
  line_id      uuid not null,
  period_first date not null,
  period_last  date not null,
  amount       numeric not null,
  primary key (account_id, line_id, period_first),
  foreign key (account_id, line_id) references order_line,
  constraint schedule_part_period check (period_first <= period_last)
);

-- What was billed of a line, by origin period, segment and price. RATED, CORRECTION and OPENING count as billed
-- before; the others never do. `entry` counts up within the line: two that bill the same line at once collide here.
create table billed_to_date (
  account_id    uuid not null,
  line_id       uuid not null,
  entry         integer not null,
  basis         text not null constraint billed_to_date_basis
                check (basis in ('RATED', 'CORRECTION', 'OPENING', 'COMMERCIAL', 'TAX', 'MAKEGOOD', 'WRITE_OFF')),
  kind          text not null constraint billed_to_date_kind
                check (kind in ('SCHEDULE_PART', 'SPOTS', 'MAKEGOOD', 'OVER_DELIVERY')),
  origin_first  date not null,
  origin_last   date not null,
  segment_first date not null,
  rate          numeric not null,
  units         numeric not null,
  gross         numeric not null,
  invoice_id    uuid,
  recorded_at   timestamptz not null,
  constraint billed_to_date_pkey primary key (account_id, line_id, entry),
  foreign key (account_id, line_id) references order_line
);
