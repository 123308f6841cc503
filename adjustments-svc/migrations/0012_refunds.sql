-- Money of customers that somebody wants to give back. It belongs to an account, which begins every key.

create table refund_request (
  account_id        uuid not null,
  refund_request_id uuid not null,
  revision          bigint not null,
  entity_id         uuid not null,
  -- What it is taken from.
  receipt_id        uuid,
  credit_note_id    uuid,
  currency          text not null,
  amount            numeric not null constraint refund_request_amount check (amount > 0),
  reason            text not null,
  reference         text not null,
  made_by           text not null,
  made_at           timestamptz not null,
  state             text not null constraint refund_request_state check (state in (
    'SUBMITTED', 'APPROVED', 'EXECUTED', 'REJECTED', 'RETURNED', 'WITHDRAWN', 'EXPIRED', 'VOIDED')),
  approval_id       uuid not null,
  refund            text,
  executed_at       timestamptz,
  -- Of the attempts to execute it: when the next one is due, and what the last one was told.
  attempt_at        timestamptz,
  delay             text not null,
  primary key (account_id, refund_request_id),
  constraint refund_request_has_one_source check (num_nonnulls(receipt_id, credit_note_id) = 1),
  constraint refund_request_executed_has_a_refund check ((state = 'EXECUTED') = (refund is not null)),
  constraint refund_request_executed_has_a_time check ((refund is null) = (executed_at is null)),
  constraint refund_request_refund_is_of_one unique (account_id, refund)
);
create index refund_request_of_approval on refund_request (approval_id);
create index refund_request_waiting on refund_request (account_id) where state in ('SUBMITTED', 'APPROVED');
create index refund_request_to_execute on refund_request (attempt_at) where state = 'APPROVED';

-- Who has changed an account, and when last: the name, address or terms that its money follows.
create table account_change (
  account_id uuid not null,
  changed_by text not null,
  changed_at timestamptz not null,
  primary key (account_id, changed_by)
);

alter table approval_involved
  drop constraint approval_involved_part,
  add constraint approval_involved_part check (part in (
    'MAKER', 'EDITOR', 'REQUESTER', 'EVIDENCE_GIVER', 'BENEFICIARY', 'ACCOUNT_EDITOR'));

grant select, insert, update on refund_request, account_change to adjustments_app;
