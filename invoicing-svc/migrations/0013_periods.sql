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
