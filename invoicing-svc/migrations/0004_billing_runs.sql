-- Billing runs. Runs, shards and exceptions are local; drafts belong to their accounts.

create table billing_run (
  run_id      uuid primary key,
  revision    bigint not null,
  entity_id   uuid not null references billing_entity,
  month       date not null,
  accounts    uuid[] not null,
  state       text not null constraint billing_run_state check (state in
              ('CREATED', 'RATING', 'IN_REVIEW', 'APPROVED', 'ISSUING', 'ISSUED', 'CANCELLED', 'FAILED')),
  -- FAILED: the state to which resuming returns.
  failed_in   text constraint billing_run_failed_in check (failed_in in ('RATING', 'ISSUING')),
  failure     text,
  data_as_of  timestamptz not null,
  started_by  text not null,
  started_at  timestamptz not null,
  approved_by text,
  approved_at timestamptz,
  drafts_root bytea,
  issue_date  date,
  series_id   uuid references number_series,
  issued_by   text,
  issued_at   timestamptz,
  constraint billing_run_month check (extract(day from month) = 1),
  constraint billing_run_approved_has_its_approver check (
    (state in ('APPROVED', 'ISSUING', 'ISSUED')) <= (approved_by is not null and approved_at is not null and drafts_root is not null)),
  constraint billing_run_is_approved_by_another check (approved_by <> started_by),
  constraint billing_run_issued_has_its_date check ((state in ('ISSUING', 'ISSUED')) <= (issue_date is not null and series_id is not null)),
  constraint billing_run_failed_says_why check ((state = 'FAILED') = (failed_in is not null and failure is not null))
);
create index billing_run_by_entity on billing_run (entity_id, month);

create table billing_run_shard (
  run_id   uuid not null references billing_run,
  shard    integer not null,
  accounts uuid[] not null,
  rated_at timestamptz,
  primary key (run_id, shard)
);

create table billing_exception (
  run_id       uuid not null references billing_run,
  shard        integer not null,
  ordinal      integer not null,
  severity     text not null constraint billing_exception_severity check (severity in ('WARN', 'BLOCK')),
  reason       text not null,
  message      text not null,
  account_id   uuid not null,
  entity_id    uuid not null,
  order_id     uuid,
  line_number  text,
  origin_first date,
  origin_last  date,
  currency     text,
  amount       numeric,
  primary key (run_id, shard, ordinal)
);

create table draft (
  account_id         uuid not null references account,
  invoice_id         uuid not null,
  run_id             uuid not null,
  order_id           uuid not null,
  entity_id          uuid not null references billing_entity,
  kind               text not null constraint draft_kind check (kind in ('INVOICE', 'CREDIT_NOTE')),
  currency           text not null,
  billing_month      date not null,
  period_first       date not null,
  period_last        date not null,
  payment_terms_days integer not null,
  spots              bigint not null,
  commission_percent numeric not null,
  gross              numeric not null,
  commission         numeric not null,
  net                numeric not null,
  tax                numeric not null,
  total              numeric not null,
  digest             bytea not null,
  primary key (account_id, invoice_id),
  foreign key (account_id, order_id) references insertion_order,
  constraint draft_adds_up check (net = gross - commission and total = net + tax)
);
create index draft_by_run on draft (run_id, account_id, order_id, invoice_id);

create table draft_line (
  account_id    uuid not null,
  invoice_id    uuid not null,
  number        integer not null,
  line_id       uuid not null,
  -- The entry of billed_to_date that issuing this line makes.
  entry         integer not null,
  kind          text not null constraint draft_line_kind check (kind in ('SCHEDULE_PART', 'SPOTS', 'MAKEGOOD', 'OVER_DELIVERY')),
  description   text not null,
  note          text not null,
  origin_first  date not null,
  origin_last   date not null,
  late          boolean not null,
  segment_first date not null,
  quantity      numeric not null,
  unit          text not null,
  rate          numeric not null constraint draft_line_rate_is_never_negative check (rate >= 0),
  gross         numeric not null,
  commission    numeric not null,
  net           numeric not null,
  gl_revenue    text not null,
  tax_code      text not null,
  -- The four dates of a line; the accounting month is set by issuing.
  service_first date not null,
  service_last  date not null,
  billing_month date not null,
  tax_point     date not null,
  primary key (account_id, invoice_id, number),
  foreign key (account_id, line_id) references order_line,
  constraint draft_line_adds_up check (net = gross - commission)
);
create index draft_line_by_line on draft_line (account_id, line_id);

create table draft_spot (
  account_id uuid not null,
  invoice_id uuid not null,
  number     integer not null,
  ordinal    integer not null,
  airing_id  uuid not null,
  version    integer not null,
  primary key (account_id, invoice_id, number, ordinal)
);

-- What issuing the draft will post: decided with the draft, so that issuing leaves nothing to choose.
create table draft_posting (
  account_id     uuid not null,
  invoice_id     uuid not null,
  ordinal        integer not null,
  ledger_account text not null,
  gl_code        text not null,
  debit          numeric not null,
  credit         numeric not null,
  primary key (account_id, invoice_id, ordinal)
);
