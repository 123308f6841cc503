-- What is issued never changes: these tables are only ever inserted into and read, which their grants hold.

-- Numbers without gaps, across accounts: a local registry, filled in the transaction that issues.
create table issued_number (
  series_id  uuid not null references number_series,
  year       integer not null,
  sequence   bigint not null,
  entity_id  uuid not null references billing_entity,
  account_id uuid not null,
  invoice_id uuid not null,
  issue_date date not null,
  primary key (series_id, year, sequence),
  constraint issued_number_once_per_document unique (account_id, invoice_id)
);

create table invoice (
  account_id         uuid not null references account,
  invoice_id         uuid not null,
  run_id             uuid not null,
  order_id           uuid not null,
  entity_id          uuid not null references billing_entity,
  kind               text not null constraint invoice_kind check (kind in ('INVOICE', 'CREDIT_NOTE')),
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
  series_id          uuid not null references number_series,
  number             text not null,
  issue_date         date not null,
  due_date           date not null,
  accounting_month   date not null,
  approved_by        text not null,
  issued_at          timestamptz not null,
  -- Seller, buyer and order as they were on the day of issue, and the design that prints them.
  parties            jsonb not null,
  template_version   integer not null,
  primary key (account_id, invoice_id),
  foreign key (account_id, order_id) references insertion_order,
  constraint invoice_adds_up check (net = gross - commission and total = net + tax)
);
create index invoice_by_run on invoice (run_id, account_id, invoice_id);
create index invoice_by_month on invoice (billing_month, account_id, invoice_id);

create table invoice_line (like draft_line including constraints,
  accounting_month date not null,
  primary key (account_id, invoice_id, number),
  foreign key (account_id, invoice_id) references invoice,
  foreign key (account_id, line_id) references order_line);

create table invoice_spot (like draft_spot, primary key (account_id, invoice_id, number, ordinal),
  foreign key (account_id, invoice_id) references invoice);
create index invoice_spot_by_airing on invoice_spot (account_id, airing_id);

-- The files of a document: made once after issuing, never twice.
create table document (
  account_id  uuid not null,
  invoice_id  uuid not null,
  format      text not null constraint document_format check (format in ('PDF')),
  content     bytea not null,
  sha256      bytea not null,
  rendered_at timestamptz not null,
  primary key (account_id, invoice_id, format),
  foreign key (account_id, invoice_id) references invoice
);

create table ledger_entry (
  account_id       uuid not null references account,
  entry_id         uuid not null,
  entity_id        uuid not null references billing_entity,
  invoice_id       uuid not null,
  ledger_account   text not null constraint ledger_entry_account
                   check (ledger_account in ('RECEIVABLES', 'REVENUE', 'AGENCY_COMMISSION', 'TAX_PAYABLE')),
  gl_code          text not null,
  posting_date     date not null,
  accounting_month date not null,
  currency         text not null,
  debit            numeric not null,
  credit           numeric not null,
  recorded_at      timestamptz not null,
  primary key (account_id, entry_id),
  foreign key (account_id, invoice_id) references invoice,
  constraint ledger_entry_has_one_side check ((debit > 0 and credit = 0) or (debit = 0 and credit > 0))
);
create index ledger_entry_by_invoice on ledger_entry (account_id, invoice_id);
create index ledger_entry_by_entity on ledger_entry (entity_id, posting_date);
