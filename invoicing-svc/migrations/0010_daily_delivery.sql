-- Daily delivery: what a source counted of a line on a day, and running totals that a billing run reads instead.

-- Who counts. Made with its first batch; its settings may be changed.
create table delivery_source (
  source_no  integer generated always as identity primary key,
  revision   bigint not null,
  source     text not null constraint delivery_source_is_unique unique,
  -- IANA; the days of its facts are days there.
  time_zone  text not null,
  -- A key that a batch has twice.
  duplicates text not null constraint delivery_source_duplicates check (duplicates in ('REFUSE', 'SUM')),
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- The order in which batches landed; facts carry it, and of two facts of one day the later one holds.
create sequence delivery_landing;
alter table delivery_batch
  add column landing bigint constraint delivery_batch_landing_is_unique unique,
  add column xid xid8,
  add column kind text not null default 'AIRINGS' constraint delivery_batch_kind check (kind in ('AIRINGS', 'DAILY')),
  -- REPLACE: the days that it says everything about.
  add column first_day date,
  add column last_day date,
  add column rows_zeroed bigint not null default 0,
  add column control_metric text;

-- Every value that was ever said of a day stays readable; the one with the highest landing holds.
create table delivery_fact (
  account_id           uuid not null,
  line_id              uuid not null,
  day                  date not null,
  source_no            integer not null,
  landing              bigint not null,
  gross_impressions    bigint,
  general_invalid      bigint,
  sophisticated_invalid bigint,
  impressions          bigint,
  viewable_impressions bigint,
  clicks               bigint,
  views                bigint,
  completed_views      bigint,
  actions              bigint,
  spend                numeric,
  hours                numeric,
  primary key (account_id, line_id, day, source_no, landing)
);

-- What holds, summed over the days of a line that have one billing period and one segment of terms. Kept right by the
-- transaction that lands a batch or amends an order.
create table delivery_total (
  account_id           uuid not null,
  line_id              uuid not null,
  source_no            integer not null,
  first_day            date not null,
  last_day             date not null,
  gross_impressions    bigint not null,
  general_invalid      bigint not null,
  sophisticated_invalid bigint not null,
  impressions          bigint not null,
  viewable_impressions bigint not null,
  clicks               bigint not null,
  views                bigint not null,
  completed_views      bigint not null,
  actions              bigint not null,
  -- Days on which anything was delivered.
  days                 bigint not null,
  spend                numeric not null,
  hours                numeric not null,
  -- The last day that has a fact, for what is missing.
  latest_day           date not null,
  primary key (account_id, line_id, source_no, first_day)
);

grant select, insert, update on delivery_source to invoicing_app;
grant usage on sequence delivery_landing to invoicing_app;
grant select, insert on delivery_fact to invoicing_app;
grant select, insert, update, delete on delivery_total to invoicing_app;
