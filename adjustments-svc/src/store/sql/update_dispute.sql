-- Where it is still as it was loaded.
update dispute set
  revision = $3::bigint, amount = $4, cause = $5, due_at = $6, escalated_at = $7, escalated_to = $8, state = $9, owner = $10,
  waiting_since = $11, outcome = $12, settled_by = $13, explanation = $14, settled = $15, resolved_by = $16, resolved_at = $17,
  closed_by = $18, closed_at = $19, cause_detail = $20
where account_id = $1 and dispute_id = $2 and revision = $3::bigint - 1
