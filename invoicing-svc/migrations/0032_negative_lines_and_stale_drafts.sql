-- Below how much a draft of the entity may take back what was billed, in its functional currency; null: never.
alter table billing_entity add column negative_line_limit numeric
  constraint billing_entity_negative_line_limit check (negative_line_limit > 0);

-- What a draft is made of: delivery as its run has seen it, and all else as it was when somebody began to make it.
alter table draft
  add column seen pg_snapshot not null default pg_current_snapshot(),
  add column made_by xid8 not null default pg_current_xact_id();
alter table draft alter column seen drop default;
create index input_change_by_xid on input_change (xid);

-- What had come when somebody last looked whether the drafts of a run in review are stale; null: not yet, since it began or was
-- refreshed.
alter table billing_run add column stale_said pg_snapshot;

-- What had come when the exception was overridden.
alter table billing_exception add column accepted pg_snapshot;
