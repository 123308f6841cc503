-- What dropped out of an approval: also drafts that were not made again, because their order has no tax or nothing left to bill.

alter table superseded_draft
  -- The last review that had it. Null: dropped before this was kept.
  add column last_review integer,
  add column currency text,
  -- With tax.
  add column total numeric;
create index superseded_draft_by_run on superseded_draft (run_id);
-- What is written on a draft, or settled of it, is not what a review had, though its amounts are.
grant delete on superseded_draft to invoicing_app;

-- Drafts of the reviews from `since` to `last_review` of their run that it has neither as a draft nor as a document.
create view vanished_draft as
  select s.run_id, s.since, s.last_review, s.currency, s.total
    from superseded_draft s
   where s.since is not null and s.last_review is not null
     and not exists (select from draft d where (d.account_id, d.invoice_id) = (s.account_id, s.invoice_id))
     and not exists (select from invoice i where (i.account_id, i.invoice_id) = (s.account_id, s.invoice_id));
grant select on vanished_draft to invoicing_app;
