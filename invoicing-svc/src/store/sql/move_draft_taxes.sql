with taxed as (
  delete from draft_tax t using unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id)
   where (t.account_id, t.invoice_id) = (chunk.account_id, chunk.invoice_id)
  returning t.*
)
insert into invoice_tax (account_id, invoice_id, ordinal, category, percent, reason, base, tax)
select account_id, invoice_id, ordinal, category, percent, reason, base, tax from taxed
