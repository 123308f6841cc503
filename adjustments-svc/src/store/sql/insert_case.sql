insert into customer_case (
  account_id, case_id, revision, entity_id, territory, invoice_id, kind, requested, currency, promised, promised_day, subject,
  words, contact, opened_by, opened_at, owner, due_at, state)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 'OPEN')
