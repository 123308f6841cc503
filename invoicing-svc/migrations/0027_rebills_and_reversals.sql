-- Rebills, corrections of tax, and what is taken back of receivables.

-- A rebill is a credit note, and an invoice of the same lines to whom they should have gone. The new invoice stands on an order
-- of its bill-to's own that was made here, so that every key begins with the account that pays.

alter table insertion_order drop constraint insertion_order_stands_for, add constraint insertion_order_stands_for
    check (stands_for in ('SOLD', 'AGREEMENT', 'AD_CREDIT', 'REBILL')),
  -- The order that was sold, whose delivery this one bills.
  add column delivered_account_id uuid,
  add column delivered_order_id   uuid,
  add constraint insertion_order_says_what_it_rebills check
    (num_nonnulls(delivered_account_id, delivered_order_id) = case stands_for when 'REBILL' then 2 else 0 end);

alter table billed_to_date drop constraint billed_to_date_basis, add constraint billed_to_date_basis
  check (basis in ('RATED', 'CORRECTION', 'OPENING', 'COMMERCIAL', 'TAX', 'MAKEGOOD', 'WRITE_OFF', 'REBILL'));

alter table invoice drop constraint invoice_basis, add constraint invoice_basis
    check (basis in ('CORRECTION', 'COMMERCIAL', 'TAX', 'MAKEGOOD', 'REBILL')),
  -- The other document of a rebill: of its credit note the new invoice, of the new invoice the document that it replaces.
  add column rebill_account_id uuid,
  add column rebill_id         uuid,
  add column rebill_number     text,
  add constraint invoice_rebill_names_the_other check
    (num_nonnulls(rebill_account_id, rebill_id, rebill_number) = case basis when 'REBILL' then 3 else 0 end),
  drop constraint invoice_note_says_what_it_corrects, add constraint invoice_note_says_what_it_corrects check
    (case kind when 'INVOICE' then corrects_id is null and (run_id is null) = (basis is not null) and coalesce(basis, 'REBILL') = 'REBILL'
               else num_nonnulls(corrects_id, basis) = 2 and run_id is null end);

-- Of two lines of a note that together correct nothing but the tax of one.
alter table invoice_line add column retaxes boolean not null default false;

-- An activity that takes another one back names what that named, with its amount below zero; each is taken back once.
alter table receivable_activity drop constraint receivable_activity_amount,
  add column reverses_id uuid,
  add constraint receivable_activity_amount check (amount <> 0 and (amount < 0) = (reverses_id is not null)),
  add constraint receivable_activity_is_reversed_once unique (account_id, reverses_id),
  add foreign key (account_id, reverses_id) references receivable_activity (account_id, activity_id);
