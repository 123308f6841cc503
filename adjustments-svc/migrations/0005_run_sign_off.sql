-- The requests by which billing runs are signed off: made when a run is in review, executed once they are approved. Local
-- to the coordinator, as requests are.

create table run_sign_off (
  approval_id uuid primary key references approval,
  run         text not null,
  root        bytea not null constraint run_sign_off_root check (length(root) = 32),
  -- When invoicing took it.
  signed_at   timestamptz,
  -- Of the attempts: when the next one is due.
  attempt_at  timestamptz
);
create index run_sign_off_to_execute on run_sign_off (attempt_at) where signed_at is null;

grant select, insert, update on run_sign_off to adjustments_app;
