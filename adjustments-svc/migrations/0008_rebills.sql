-- Whom the new invoice of a rebill bills, and under which number of theirs.

alter table adjustment
  add column bill_to        uuid,
  add column purchase_order text not null default '',
  add constraint adjustment_rebill_has_a_bill_to check ((kind = 'REBILL') = (bill_to is not null));
