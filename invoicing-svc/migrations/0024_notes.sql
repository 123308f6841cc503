-- Credit and debit notes: documents that correct lines of an issued one. And what becomes of receivables.

alter table number_series drop constraint number_series_document_kind, add constraint number_series_document_kind
  check (document_kind in ('INVOICE', 'CREDIT_NOTE', 'DEBIT_NOTE'));

alter table invoice drop constraint invoice_kind, add constraint invoice_kind check (kind in ('INVOICE', 'CREDIT_NOTE', 'DEBIT_NOTE')),
  -- Null: a note is of no run.
  alter column run_id drop not null,
  -- What a note corrects.
  add column corrects_id uuid,
  add column basis text constraint invoice_basis check (basis in ('CORRECTION', 'COMMERCIAL', 'TAX', 'MAKEGOOD')),
  add column reason text not null default '',
  add constraint invoice_note_says_what_it_corrects check
    ((kind = 'INVOICE') = (corrects_id is null) and (corrects_id is null) = (basis is null) and (corrects_id is null) = (run_id is not null)),
  add foreign key (account_id, corrects_id) references invoice (account_id, invoice_id);
create index invoice_by_corrected on invoice (account_id, corrects_id) where corrects_id is not null;

-- The number of the line that a line of a note corrects.
alter table invoice_line add column corrects_line integer;

-- What becomes of receivables after their documents: money that comes and goes, and what it is put on. Only ever added to.
create table receivable_activity (
  account_id   uuid not null references account,
  activity_id  uuid not null,
  entity_id    uuid not null references billing_entity,
  kind         text not null constraint receivable_activity_kind check
               (kind in ('RECEIPT', 'ALLOCATION', 'CREDIT_APPLICATION', 'REFUND', 'WRITE_OFF', 'TAX_RELIEF', 'RECOVERY')),
  currency     text not null,
  -- The day from which on it counts.
  day          date not null,
  amount       numeric not null constraint receivable_activity_amount check (amount > 0),
  -- What it takes from: a receipt, or a credit note.
  receipt_id   uuid,
  credit_id    uuid,
  -- What it is put on: a document, or what was written off.
  invoice_id   uuid,
  write_off_id uuid,
  method       text not null default '',
  reference    text not null default '',
  reason       text not null default '',
  -- The id of the approval by which it was done.
  approval     text,
  recorded_by  text not null,
  recorded_at  timestamptz not null,
  primary key (account_id, activity_id),
  foreign key (account_id, receipt_id) references receivable_activity (account_id, activity_id),
  foreign key (account_id, write_off_id) references receivable_activity (account_id, activity_id),
  foreign key (account_id, credit_id) references invoice (account_id, invoice_id),
  foreign key (account_id, invoice_id) references invoice (account_id, invoice_id),
  constraint receivable_activity_names_what_it_moves check (case kind
    when 'RECEIPT'            then num_nonnulls(receipt_id, credit_id, invoice_id, write_off_id) = 0
    when 'ALLOCATION'         then num_nonnulls(receipt_id, invoice_id) = 2 and num_nonnulls(credit_id, write_off_id) = 0
    when 'CREDIT_APPLICATION' then num_nonnulls(credit_id, invoice_id) = 2 and num_nonnulls(receipt_id, write_off_id) = 0
    when 'REFUND'             then num_nonnulls(receipt_id, credit_id) = 1 and num_nonnulls(invoice_id, write_off_id) = 0
    when 'WRITE_OFF'          then num_nonnulls(receipt_id, credit_id, write_off_id) = 0 and invoice_id is not null
    when 'TAX_RELIEF'         then num_nonnulls(receipt_id, credit_id, invoice_id) = 0 and write_off_id is not null
    when 'RECOVERY'           then num_nonnulls(receipt_id, write_off_id) = 2 and num_nonnulls(credit_id, invoice_id) = 0
  end)
);
create index receivable_activity_by_invoice on receivable_activity (account_id, invoice_id) where invoice_id is not null;
create index receivable_activity_by_receipt on receivable_activity (account_id, receipt_id) where receipt_id is not null;
create index receivable_activity_by_credit on receivable_activity (account_id, credit_id) where credit_id is not null;
create index receivable_activity_by_write_off on receivable_activity (account_id, write_off_id) where write_off_id is not null;

grant select, insert on receivable_activity to invoicing_app;
