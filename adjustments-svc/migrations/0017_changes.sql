-- Changes of what money follows, proposed by one and approved by others. One may be about anything, or about what is not there yet.

create table proposed_change (
  change_id    uuid primary key,
  revision     bigint not null,
  subject_kind text not null,
  -- The method, and the request as it takes it.
  method       text not null,
  request      bytea not null,
  -- What is changed, by its name, and what that belongs to; empty where something new is made.
  resource     text not null,
  entity_id    uuid,
  account_id   uuid,
  reason       text not null,
  made_by      text not null,
  made_at      timestamptz not null,
  -- The rights of who proposed it, with which it is made.
  grants       jsonb not null,
  state        text not null constraint proposed_change_state check (state in (
    'SUBMITTED', 'APPROVED', 'EXECUTED', 'REJECTED', 'RETURNED', 'WITHDRAWN', 'EXPIRED', 'VOIDED')),
  approval_id  uuid not null constraint proposed_change_has_an_approval_of_its_own unique,
  executed_at  timestamptz,
  -- Of the attempts to make it: when the next one is due, and what the last one was told.
  attempt_at   timestamptz,
  delay        text not null,
  constraint proposed_change_executed_has_a_time check ((state = 'EXECUTED') = (executed_at is not null))
);
create index proposed_change_of_account on proposed_change (account_id) where state in ('APPROVED', 'EXECUTED');
create index proposed_change_of_resource on proposed_change (resource);
create index proposed_change_to_execute on proposed_change (attempt_at) where state = 'APPROVED';

-- What is approved cannot be made something else.
grant select, insert, update (revision, state, executed_at, attempt_at, delay) on proposed_change to adjustments_app;
