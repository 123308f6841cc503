-- Below how much a draft of the entity may take back what was billed, in its functional currency; null: never.
alter table billing_entity add column negative_line_limit numeric
  constraint billing_entity_negative_line_limit check (negative_line_limit > 0);

-- What a draft is made of: delivery as its run has seen it, and all else as it was when it was made.
alter table draft
  add column seen pg_snapshot not null default pg_current_snapshot(),
  add column made_by xid8 not null default pg_current_xact_id();
create index input_change_by_xid on input_change (xid);

-- Drafts in review with an input that came later, once for each such change.
create view stale_draft as
select d.run_id, d.account_id, d.order_id, d.invoice_id
  from billing_run r
  join input_change c on c.xid >= pg_snapshot_xmin(r.snapshot) and not pg_visible_in_snapshot(c.xid, r.snapshot)
  join draft d on d.account_id = c.account_id and d.run_id = r.run_id
 where r.state = 'IN_REVIEW' and not r.preview
   and (c.cause = 'DELIVERY' or (c.xid <> d.made_by and not pg_visible_in_snapshot(c.xid, d.seen)));
grant select on stale_draft to invoicing_app;
