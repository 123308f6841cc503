-- The tax rows of a document that is recorded, and what it posts.
with taxed as (
  insert into invoice_tax (account_id, invoice_id, ordinal, category, percent, reason, base, tax)
  select $1, $2, ordinality, category, percent, reason, base, tax
    from unnest($3::text[], $4::numeric[], $5::text[], $6::numeric[], $7::numeric[])
         with ordinality as row(category, percent, reason, base, tax, ordinality)
)
insert into ledger_entry (account_id, entry_id, entity_id, invoice_id, ledger_account, gl_code, posting_date, accounting_month,
                          currency, debit, credit, recorded_at)
select $1, gen_random_uuid(), $8, $2, ledger_account, gl_code, $9, $10, $11, debit, credit, $12
  from unnest($13::text[], $14::text[], $15::numeric[], $16::numeric[]) as posting(ledger_account, gl_code, debit, credit)
