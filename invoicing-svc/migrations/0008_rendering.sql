-- Documents that have no file yet. The transaction that issues a document puts it here, and the one that records its
-- file takes it away: a worker looks at this table only, however many documents there are. `failure` says why one
-- cannot be printed; it is not tried again by itself.
create table document_due (
  account_id uuid not null,
  invoice_id uuid not null,
  failure    text,
  primary key (account_id, invoice_id)
);
grant select, insert, update, delete on document_due to invoicing_app;
