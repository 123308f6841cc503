insert into invoice_tax (account_id, invoice_id, ordinal, category, percent, reason, base, tax)
select account_id, invoice_id, ordinal, category, percent, reason, base, tax
  from draft_tax join unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id) using (account_id, invoice_id)
