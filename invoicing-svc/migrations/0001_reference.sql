-- Reference data: small, the same everywhere. Where the suite outgrows one database these become replicated tables.

create table billing_entity (
  entity_id            uuid primary key,
  revision             bigint not null,
  code                 text not null constraint billing_entity_code_is_unique unique,
  legal_name           text not null,
  address              jsonb not null,
  tax_registrations    text[] not null,
  functional_currency  text not null,
  time_zone            text not null,
  rounding             text not null constraint billing_entity_rounding check (rounding in ('HALF_AWAY_FROM_ZERO', 'HALF_EVEN')),
  remainder            text not null constraint billing_entity_remainder check (remainder in ('FIRST', 'LAST')),
  commission_posting   text not null constraint billing_entity_commission_posting check (commission_posting in ('CONTRA_REVENUE', 'EXPENSE')),
  bank_account         jsonb not null,
  gl_receivables       text not null,
  gl_agency_commission text not null,
  gl_tax_payable       text not null,
  created_at           timestamptz not null,
  updated_at           timestamptz not null
);

create table number_series (
  series_id        uuid primary key,
  revision         bigint not null,
  entity_id        uuid not null references billing_entity,
  tax_registration text not null,
  document_kind    text not null constraint number_series_document_kind check (document_kind in ('INVOICE', 'CREDIT_NOTE')),
  year_basis       text not null constraint number_series_year_basis check (year_basis in ('CALENDAR')),
  prefix           text not null,
  width            integer not null constraint number_series_width check (width between 1 and 12),
  start            bigint not null constraint number_series_start check (start >= 1),
  created_at       timestamptz not null,
  constraint number_series_is_unique unique (entity_id, tax_registration, document_kind),
  -- Two series of one prefix would give two documents of the entity the same number.
  constraint number_series_prefix_is_unique unique (entity_id, document_kind, prefix)
);

-- The row that issuing locks: one document after the other takes `next`, in the transaction that makes the document.
create table number_series_year (
  series_id       uuid not null references number_series,
  year            integer not null,
  next            bigint not null,
  last_issue_date date not null,
  primary key (series_id, year)
);

create table account (
  account_id         uuid primary key,
  revision           bigint not null,
  code               text not null constraint account_code_is_unique unique,
  kind               text not null constraint account_kind check (kind in ('ADVERTISER', 'AGENCY')),
  legal_name         text not null,
  address            jsonb not null,
  currency           text not null,
  commission_percent numeric not null constraint account_commission_percent check (commission_percent between 0 and 100),
  payment_terms_days integer not null constraint account_payment_terms_days check (payment_terms_days between 0 and 365),
  tax_ids            text[] not null,
  territory          text not null,
  billing_email      text not null,
  created_at         timestamptz not null,
  updated_at         timestamptz not null
);

create table ad_product (
  product_id     uuid primary key,
  revision       bigint not null,
  code           text not null constraint ad_product_code_is_unique unique,
  display_name   text not null,
  format         text not null,
  pricing_model  text not null constraint ad_product_pricing_model check (pricing_model in ('FLAT_FEE', 'PER_SPOT')),
  invoice_text   text not null,
  tax_code       text not null,
  gl_revenue     text not null,
  effective_from date not null,
  state          text not null constraint ad_product_state check (state in ('DRAFT', 'LIVE', 'RETIRED')),
  created_at     timestamptz not null,
  updated_at     timestamptz not null
);

-- Whether a record lies within a caller's grants. `scope` is null for everything, else a list of
-- {"entities": […], "territories": […], "accounts": […]}; an empty list does not limit, and a dimension that the
-- record does not have limits nothing.
create function in_scope(scope jsonb, entity uuid, territory text, account uuid) returns boolean
  language sql immutable parallel safe
  return scope is null or exists (
    select from jsonb_array_elements(scope) as granted(limits)
    where (entity is null or limits -> 'entities' = '[]' or limits -> 'entities' ? entity::text)
      and (territory is null or limits -> 'territories' = '[]' or limits -> 'territories' ? territory)
      and (account is null or limits -> 'accounts' = '[]' or limits -> 'accounts' ? account::text));

-- Whether a caller's grants cover an entity as a whole: with all its territories and accounts.
create function covers_entity(scope jsonb, entity uuid) returns boolean
  language sql immutable parallel safe
  return scope is null or exists (
    select from jsonb_array_elements(scope) as granted(limits)
    where (limits -> 'entities' = '[]' or limits -> 'entities' ? entity::text)
      and limits -> 'territories' = '[]' and limits -> 'accounts' = '[]');
