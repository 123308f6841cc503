-- What corrects documents. It belongs to an account, which begins every key.

create table adjustment (
  account_id    uuid not null,
  adjustment_id uuid not null,
  revision      bigint not null,
  entity_id     uuid not null,
  invoice_id    uuid not null,
  currency      text not null,
  kind          text not null constraint adjustment_kind check (kind in (
    'CREDIT', 'DEBIT', 'REBILL', 'MAKEGOOD', 'WRITE_OFF', 'GOODWILL', 'TAX_CORRECTION', 'RATING_CORRECTION')),
  cause         text not null,
  reason        text not null,
  made_by       text not null,
  made_at       timestamptz not null,
  editors       text[] not null,
  state         text not null constraint adjustment_state check (state in (
    'DRAFT', 'SUBMITTED', 'APPROVED', 'EXECUTED', 'REJECTED', 'RETURNED', 'WITHDRAWN', 'EXPIRED', 'VOIDED')),
  approval_id   uuid,
  document      text,
  executed_at   timestamptz,
  -- Of the attempts to execute it: when the next one is due, and what the last one was told.
  attempt_at    timestamptz,
  delay         text not null,
  primary key (account_id, adjustment_id),
  constraint adjustment_is_asked_for check (state in ('DRAFT', 'WITHDRAWN') or approval_id is not null),
  constraint adjustment_executed_has_a_document check ((state = 'EXECUTED') = (document is not null)),
  constraint adjustment_executed_has_a_time check ((document is null) = (executed_at is null)),
  constraint adjustment_document_is_of_one unique (account_id, document)
);
create index adjustment_of_document on adjustment (account_id, invoice_id);
create index adjustment_of_approval on adjustment (approval_id);
create index adjustment_to_execute on adjustment (attempt_at) where state = 'APPROVED';

create table adjustment_line (
  account_id    uuid not null,
  adjustment_id uuid not null,
  number        integer not null,
  gross         numeric not null constraint adjustment_line_gross check (gross > 0),
  primary key (account_id, adjustment_id, number),
  foreign key (account_id, adjustment_id) references adjustment
);

create table adjustment_evidence (
  account_id    uuid not null,
  adjustment_id uuid not null,
  ordinal       integer not null,
  file_name     text not null,
  media_type    text not null,
  sha256        bytea not null constraint adjustment_evidence_sha256 check (length(sha256) = 32),
  size_bytes    bigint not null constraint adjustment_evidence_size check (size_bytes between 1 and 10485760),
  content       bytea not null constraint adjustment_evidence_content check (sha256(content) = sha256),
  added_by      text not null,
  added_at      timestamptz not null,
  primary key (account_id, adjustment_id, ordinal),
  foreign key (account_id, adjustment_id) references adjustment
);

-- Whoever asks for a part of a document locks its row: two at once see each other.
create table adjusted_document (
  account_id uuid not null,
  invoice_id uuid not null,
  primary key (account_id, invoice_id)
);

grant select, insert on adjustment_evidence to adjustments_app;
grant select, insert, update on adjustment, adjusted_document to adjustments_app;
grant select, insert, delete on adjustment_line to adjustments_app;
