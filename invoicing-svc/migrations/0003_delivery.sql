-- Delivery. A batch lands whole or not at all.

create table delivery_batch (
  batch_id            uuid primary key,
  source              text not null,
  external_id         text not null,
  sequence            bigint constraint delivery_batch_sequence check (sequence >= 1),
  mode                text not null constraint delivery_batch_mode check (mode in ('UPSERT', 'REPLACE')),
  order_source_system text not null,
  control_rows        bigint not null,
  control_amount      numeric not null,
  content_digest      bytea not null,
  rows_loaded         bigint not null,
  rows_unchanged      bigint not null,
  rows_quarantined    bigint not null,
  received_at         timestamptz not null,
  received_by         text not null,
  constraint delivery_batch_is_unique unique (source, external_id),
  constraint delivery_batch_sequence_is_unique unique (source, sequence)
);

-- Rows come before their batch, whose counts are known at its end.
create table quarantined_row (
  batch_id    uuid not null references delivery_batch deferrable initially deferred,
  row         bigint not null,
  column_name text not null,
  reason      text not null,
  message     text not null,
  content     text not null,
  -- The order that the row names, where it is known: who may see the order may see the row.
  account_id  uuid,
  order_id    uuid,
  primary key (batch_id, row)
);

-- Every version of a spot; the one that is not superseded is what is known now.
create table airing (
  account_id     uuid not null,
  airing_id      uuid not null,
  version        integer not null,
  order_id       uuid not null,
  line_id        uuid not null,
  batch_id       uuid not null,
  source         text not null,
  spot           text not null,
  source_row     integer not null,
  day            date not null,
  time           time,
  length_seconds integer not null,
  creative       text not null,
  rate           numeric,
  status         text not null constraint airing_status check (status in ('AIRED', 'CREDITED', 'UNRESOLVED', 'MADE_GOOD', 'NOT_AIRED')),
  makegood_for   text[] not null,
  made_good_by   text[] not null,
  station        text not null,
  recorded_at    timestamptz not null,
  superseded_at  timestamptz,
  primary key (account_id, airing_id, version),
  foreign key (account_id, line_id) references order_line,
  foreign key (account_id, order_id) references insertion_order
);
create unique index airing_has_one_current_version on airing (account_id, airing_id) where superseded_at is null;
create index airing_by_line on airing (account_id, line_id, day) where superseded_at is null;
create index airing_by_order on airing (account_id, order_id, day) where superseded_at is null;
