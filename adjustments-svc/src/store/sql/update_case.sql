-- Where it is still as it was loaded.
update customer_case set
  revision = $3::bigint, owner = $4, due_at = $5, escalated_at = $6, escalated_to = $7, state = $8, waiting_since = $9,
  outcome = $10, answer = $11, closed_by = $12, closed_at = $13
where account_id = $1 and case_id = $2 and revision = $3::bigint - 1
