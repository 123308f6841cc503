insert into ledger_entry (account_id, entry_id, entity_id, invoice_id, ledger_account, gl_code, posting_date, accounting_month,
                          currency, debit, credit, recorded_at)
select d.account_id, gen_random_uuid(), d.entity_id, d.invoice_id, p.ledger_account, p.gl_code, $3, $4, d.currency, p.debit, p.credit, $5
  from draft d
  join draft_posting p using (account_id, invoice_id)
  join unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id) using (account_id, invoice_id)
