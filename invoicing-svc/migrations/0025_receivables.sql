-- Receivables: what is disputed, and the books of what comes and goes.

-- How much of a document is disputed from a day on; the last one holds. Only ever added to.
create table disputed_part (
  account_id uuid not null,
  invoice_id uuid not null,
  ordinal    integer not null constraint disputed_part_ordinal check (ordinal >= 1),
  day        date not null,
  amount     numeric not null constraint disputed_part_amount check (amount >= 0),
  dispute    text not null,
  set_by     text not null,
  set_at     timestamptz not null,
  primary key (account_id, invoice_id, ordinal),
  foreign key (account_id, invoice_id) references invoice
);
grant select, insert on disputed_part to invoicing_app;

-- {"cash", "unapplied_cash", "bad_debt", "bad_debt_recovered", "tax_relief"}; null: nothing is received or written off.
alter table billing_entity add column settlement_codes jsonb;

-- A posting is of a document, of what became of its receivable, or of money that is on no document.
alter table ledger_entry alter column invoice_id drop not null,
  add column activity_id uuid,
  add foreign key (account_id, activity_id) references receivable_activity (account_id, activity_id),
  add constraint ledger_entry_is_of_something check (num_nonnulls(invoice_id, activity_id) >= 1),
  drop constraint ledger_entry_account, add constraint ledger_entry_account check (ledger_account in
    ('RECEIVABLES', 'REVENUE', 'CONTRA_REVENUE', 'AGENCY_COMMISSION', 'TAX_PAYABLE', 'CASH', 'UNAPPLIED_CASH', 'BAD_DEBT', 'BAD_DEBT_RECOVERED',
     'TAX_RELIEF'));
create index ledger_entry_by_activity on ledger_entry (account_id, activity_id) where activity_id is not null;
