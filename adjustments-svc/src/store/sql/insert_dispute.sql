insert into dispute (
  account_id, dispute_id, revision, entity_id, territory, invoice_id, invoice_number, currency, amount, lines, reason, words,
  contact, opened_by, opened_at, due_at, state)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'OPENED')
