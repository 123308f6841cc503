-- Agreements over several orders. What they bill and give back is a line of an order of their own, so that ledger,
-- documents and reports know it as they know every other line.

create table agreement (
  -- Also the id of its order.
  agreement_id       uuid primary key,
  revision           bigint not null,
  code               text not null constraint agreement_code_is_unique unique,
  display_name       text not null,
  entity_id          uuid not null references billing_entity,
  account_id         uuid not null references account,
  product_id         uuid not null references ad_product,
  currency           text not null,
  first_day          date not null,
  last_day           date not null,
  counts             text not null constraint agreement_counts check (counts in ('GROSS', 'NET')),
  commission_percent numeric not null constraint agreement_commission_percent check (commission_percent between 0 and 100),
  minimum_amount     numeric constraint agreement_minimum_amount check (minimum_amount > 0),
  -- [{"from": "100000.00", "percent": "2"}, …]
  rebate_tiers       jsonb,
  created_at         timestamptz not null,
  updated_at         timestamptz not null,
  constraint agreement_term check (first_day <= last_day),
  constraint agreement_is_a_minimum_or_a_rebate check ((minimum_amount is null) <> (rebate_tiers is null))
);
create index agreement_by_entity on agreement (entity_id, last_day);

-- Whose orders count.
create table agreement_account (
  agreement_id uuid not null references agreement,
  account_id   uuid not null references account,
  primary key (agreement_id, account_id)
);
create index agreement_account_by_account on agreement_account (account_id);

alter table insertion_order
  -- SOLD: as a source system said; the others were made here, for what follows from orders that were sold.
  add column stands_for text not null default 'SOLD' constraint insertion_order_stands_for
    check (stands_for in ('SOLD', 'AGREEMENT', 'AD_CREDIT'));

alter table billed_to_date drop constraint billed_to_date_kind, add constraint billed_to_date_kind check (kind in
  ('SCHEDULE_PART', 'SPOTS', 'MAKEGOOD', 'DELIVERY', 'TIER_FEE', 'EXPENSES', 'MINIMUM', 'TRUE_UP', 'REBATE', 'AD_CREDIT', 'OVER_DELIVERY'));
alter table draft_line drop constraint draft_line_kind, add constraint draft_line_kind check (kind in
  ('SCHEDULE_PART', 'SPOTS', 'MAKEGOOD', 'DELIVERY', 'TIER_FEE', 'EXPENSES', 'MINIMUM', 'TRUE_UP', 'REBATE', 'AD_CREDIT', 'OVER_DELIVERY'));
alter table invoice_line drop constraint draft_line_kind, add constraint draft_line_kind check (kind in
  ('SCHEDULE_PART', 'SPOTS', 'MAKEGOOD', 'DELIVERY', 'TIER_FEE', 'EXPENSES', 'MINIMUM', 'TRUE_UP', 'REBATE', 'AD_CREDIT', 'OVER_DELIVERY'));
-- Rebates and ad credits take off revenue what they come to.
alter table ledger_entry drop constraint ledger_entry_account, add constraint ledger_entry_account check (ledger_account in
  ('RECEIVABLES', 'REVENUE', 'CONTRA_REVENUE', 'AGENCY_COMMISSION', 'TAX_PAYABLE'));

grant select, insert, update on agreement to invoicing_app;
grant select, insert, delete on agreement_account to invoicing_app;
