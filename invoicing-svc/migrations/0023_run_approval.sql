-- Runs that are signed off by an approval: what was there to be reviewed, and since when each draft is as it is.

-- Each root that could be approved, in order.
create table run_review (
  run_id      uuid not null references billing_run,
  review      integer not null constraint run_review_review check (review >= 1),
  drafts_root bytea not null,
  primary key (run_id, review)
);
create index run_review_by_root on run_review (run_id, drafts_root);

-- The first review that has the draft as it is.
alter table draft add column since integer not null default 1;
grant update (since) on draft to invoicing_app;

-- The last draft of a name that was dropped to be rated again.
create table superseded_draft (
  account_id uuid not null,
  invoice_id uuid not null,
  run_id     uuid not null,
  digest     bytea not null,
  -- Null: it waited, and no root had it.
  since      integer,
  primary key (account_id, invoice_id)
);

alter table billing_run
  -- The id of the approval that signed the run off; null where its own second person did.
  add column approval text,
  -- Drafts that had changed when their root was approved, and what they come to: [{"currency", "amount"}, …].
  add column drafts_removed bigint not null default 0,
  add column removed jsonb not null default '[]';

grant select, insert on run_review to invoicing_app;
grant select, insert, update on superseded_draft to invoicing_app;
