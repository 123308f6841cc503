-- Fiscal years and accounting periods of the entities.

alter table billing_entity
  -- {"months", "last_month", "year_name"} and, where the months are whole weeks, {"week_last_day", "year_end", "long_month"}.
  add column fiscal_calendar jsonb not null default '{"months": "CALENDAR_MONTH", "last_month": 12, "year_name": "ENDS"}'
    constraint billing_entity_fiscal_calendar check (
      fiscal_calendar ->> 'months' in ('CALENDAR_MONTH', 'BROADCAST_MONTH', 'WEEKS_4_4_5', 'WEEKS_4_5_4', 'WEEKS_5_4_4')
      and (fiscal_calendar ->> 'last_month')::int between 1 and 12
      and fiscal_calendar ->> 'year_name' in ('BEGINS', 'ENDS')
      and (fiscal_calendar ->> 'months' like 'WEEKS%') = (fiscal_calendar ? 'week_last_day')),
  add column statutory_year_first_month integer not null default 1
    constraint billing_entity_statutory_year_first_month check (statutory_year_first_month between 1 and 12);

alter table number_series drop constraint number_series_year_basis,
  add constraint number_series_year_basis check (year_basis in ('CALENDAR', 'FISCAL', 'STATUTORY'));

alter table insertion_order drop constraint insertion_order_billing_calendar,
  add constraint insertion_order_billing_calendar check (billing_calendar in ('CALENDAR_MONTH', 'BROADCAST_MONTH', 'FISCAL'));

-- Every change of the state of an accounting period; the last one of a month holds. It is only ever inserted into and read.
create table accounting_period_change (
  entity_id  uuid not null references billing_entity,
  month      date not null constraint accounting_period_change_month check (extract(day from month) = 1),
  ordinal    integer not null constraint accounting_period_change_ordinal check (ordinal >= 1),
  state      text not null constraint accounting_period_change_state check (state in ('OPEN', 'SOFT_CLOSED', 'CLOSED', 'LOCKED')),
  changed_by text not null,
  changed_at timestamptz not null,
  reason     text not null,
  primary key (entity_id, month, ordinal),
  -- A period that is open was opened again: by then somebody had closed it.
  constraint accounting_period_change_opened_again_says_why check (state <> 'OPEN' or (ordinal > 1 and reason <> ''))
);

grant select, insert on accounting_period_change to invoicing_app;
