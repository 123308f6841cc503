-- Why things go wrong, what is done about it, and what people touch.

alter table dispute
  add column cause_detail text,
  add constraint dispute_detail_is_of_a_cause check (cause_detail is null or cause is not null);

-- What went wrong, each once by its source. Months are those of UTC.
create view cause_shown as
  select 'ADJUSTMENT' as source, a.cause, '' as detail, a.account_id, a.entity_id, '' as territory, a.currency,
         (select coalesce(sum(l.gross), 0) from adjustment_line l where l.account_id = a.account_id and l.adjustment_id = a.adjustment_id) as amount,
         date_trunc('month', a.executed_at at time zone 'UTC')::date as month
    from adjustment a where a.state = 'EXECUTED'
  union all
  select 'DISPUTE', d.cause, coalesce(d.cause_detail, ''), d.account_id, d.entity_id, d.territory, d.currency, d.settled,
         date_trunc('month', d.resolved_at at time zone 'UTC')::date
    from dispute d where d.state in ('RESOLVED', 'CLOSED') and d.cause is not null;

create table improvement (
  improvement_id uuid primary key,
  revision       bigint not null,
  cause          text not null,
  month          date not null,
  state          text not null constraint improvement_state check (state in ('OPEN', 'DONE')),
  owner          text,
  action         text not null,
  currency       text,
  expected       numeric constraint improvement_expected check (expected >= 0),
  opened_at      timestamptz not null,
  constraint improvement_expects_an_amount check (num_nulls(currency, expected) in (0, 2)),
  constraint improvement_is_done_by_somebody check (state = 'OPEN' or owner is not null and action <> ''),
  constraint improvement_is_opened_once unique (cause, month)
);
-- One at a time of a cause.
create unique index improvement_is_open_once on improvement (cause) where state = 'OPEN';

-- The months that somebody has looked at for causes that come back.
create table cause_month_seen (
  month date primary key
);

-- What people report that they touched; what they do by calls stands in the outbox.
create table touch (
  touch_id   uuid primary key,
  subject    text not null,
  kind       text not null,
  person     text not null,
  touched_at timestamptz not null,
  seconds    bigint not null constraint touch_seconds check (seconds >= 0),
  cause      text
);

grant select on cause_shown to adjustments_app;
grant select, insert on touch, cause_month_seen to adjustments_app;
grant select, insert, update on improvement to adjustments_app;
