with posting as (
  delete from draft_posting p using unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id)
   where (p.account_id, p.invoice_id) = (chunk.account_id, chunk.invoice_id)
  returning p.*
)
insert into ledger_entry (account_id, entry_id, entity_id, invoice_id, ledger_account, gl_code, posting_date, accounting_month,
                          currency, debit, credit, recorded_at)
select d.account_id, gen_random_uuid(), d.entity_id, d.invoice_id, p.ledger_account, p.gl_code, $3, $4, d.currency, p.debit, p.credit, $5
  from posting p join draft d using (account_id, invoice_id)
