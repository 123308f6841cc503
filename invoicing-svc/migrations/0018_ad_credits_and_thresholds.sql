-- Ad credits. What uses them are lines of an order of their own, on whose ledger what is left can be read.

create table ad_credit (
  account_id uuid not null references account,
  -- Also the id of its order.
  credit_id  uuid not null,
  revision   bigint not null,
  entity_id  uuid not null references billing_entity,
  product_id uuid not null references ad_product,
  currency   text not null,
  amount     numeric not null constraint ad_credit_amount check (amount > 0),
  granted_on date not null,
  expires    date not null,
  reason     text not null constraint ad_credit_says_why check (reason <> ''),
  granted_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, credit_id),
  constraint ad_credit_days check (granted_on <= expires)
);
create index ad_credit_by_entity on ad_credit (entity_id, expires);

grant select, insert, update on ad_credit to invoicing_app;

alter table account
  -- From which unbilled amount on it may be billed before its period ends, in the account's currency; null: never.
  add column billing_threshold numeric constraint account_billing_threshold check (billing_threshold > 0);
