-- What customers do not want to pay. It belongs to an account, which begins every key.

create table dispute (
  account_id     uuid not null,
  dispute_id     uuid not null,
  revision       bigint not null,
  entity_id      uuid not null,
  territory      text not null,
  invoice_id     uuid not null,
  invoice_number text not null,
  currency       text not null,
  amount         numeric not null constraint dispute_amount check (amount > 0),
  lines          integer[] not null,
  reason         text not null constraint dispute_reason check (reason in (
    'RATE', 'QUANTITY_3P', 'IVT', 'WRONG_PO', 'WRONG_BILL_TO', 'DUPLICATE', 'TAX', 'LATE_INVOICE', 'NOT_DELIVERED',
    'VIEWABILITY', 'CREATIVE', 'CANCELLED', 'OTHER')),
  words          text not null,
  contact        text not null,
  cause          text,
  opened_by      text not null,
  opened_at      timestamptz not null,
  due_at         timestamptz not null,
  escalated_at   timestamptz,
  escalated_to   text,
  state          text not null constraint dispute_state check (state in (
    'OPENED', 'TRIAGED', 'INVESTIGATING', 'AWAITING_CUSTOMER', 'PROPOSED', 'RESOLVED', 'CLOSED', 'REOPENED')),
  owner          text,
  waiting_since  timestamptz,
  -- What is proposed, and then how it ended.
  outcome        text constraint dispute_outcome check (outcome in ('UPHELD', 'PARTLY', 'REJECTED')),
  settled_by     text[],
  explanation    text,
  settled        numeric,
  resolved_by    text,
  resolved_at    timestamptz,
  closed_by      text,
  closed_at      timestamptz,
  primary key (account_id, dispute_id),
  constraint dispute_is_somebodys_once_triaged check ((state = 'OPENED') = (owner is null)),
  constraint dispute_waits_since check ((state = 'AWAITING_CUSTOMER') = (waiting_since is not null)),
  constraint dispute_proposal_is_whole check (
    (state in ('PROPOSED', 'RESOLVED', 'CLOSED')) = (outcome is not null)
    and num_nulls(outcome, settled_by, explanation) in (0, 3)),
  -- It ends by an act of a person, never by time.
  constraint dispute_resolution_is_somebodys check (
    (state in ('RESOLVED', 'CLOSED')) = (resolved_by is not null) and num_nulls(settled, resolved_by, resolved_at) in (0, 3)),
  constraint dispute_closing_is_somebodys check (
    (state = 'CLOSED') = (closed_by is not null) and num_nulls(closed_by, closed_at) in (0, 2)),
  constraint dispute_rejected_settles_nothing check (resolved_by is null or (outcome = 'REJECTED') = (settled = 0))
);
create index dispute_of_document on dispute (account_id, invoice_id);
create index dispute_late on dispute (due_at)
  where escalated_at is null and state in ('OPENED', 'TRIAGED', 'INVESTIGATING', 'PROPOSED', 'REOPENED');

-- What was written about a dispute or a case, only ever added to.
create table correspondence (
  account_id       uuid not null,
  about            uuid not null,
  ordinal          integer not null constraint correspondence_ordinal check (ordinal >= 1),
  is_from_customer boolean not null,
  words            text not null,
  written_by       text not null,
  written_at       timestamptz not null,
  primary key (account_id, about, ordinal)
);

-- Which note settles which dispute: a note counts once.
create table dispute_settlement (
  account_id uuid not null,
  note_id    uuid not null,
  dispute_id uuid not null,
  total      numeric not null constraint dispute_settlement_total check (total > 0),
  settled_at timestamptz not null,
  primary key (account_id, note_id),
  foreign key (account_id, dispute_id) references dispute
);

-- How much of a document is disputed. Whoever changes that locks the row first: two at once see each other.
create table disputed_document (
  account_id uuid not null,
  invoice_id uuid not null,
  currency   text not null,
  amount     numeric not null constraint disputed_document_amount check (amount >= 0),
  -- The dispute that changed it last.
  dispute_id uuid,
  -- Counts the changes.
  version    bigint not null,
  primary key (account_id, invoice_id)
);

-- Up to which change invoicing was told. Whoever tells it locks the row as long as that takes, which those who change the
-- document must not wait for.
create table disputed_document_told (
  account_id uuid not null,
  invoice_id uuid not null,
  version    bigint not null,
  -- When it is tried next, and why it was not done yet.
  attempt_at timestamptz not null,
  delay      text not null,
  primary key (account_id, invoice_id),
  foreign key (account_id, invoice_id) references disputed_document
);

grant select, insert on correspondence, dispute_settlement to adjustments_app;
grant select, insert, update on dispute, disputed_document, disputed_document_told to adjustments_app;
