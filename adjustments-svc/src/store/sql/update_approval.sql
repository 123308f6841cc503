-- Where it is still as it was loaded. An act that has been told once stays told.
update approval set
  revision = $2::bigint, reminded = $3, escalated = $4, state = $5, ended_at = $6, void_reason = $7, withdrawn_by = $8,
  glass_by = $9, glass_at = $10, glass_incident = $11, glass_reason = $12, review_due_at = coalesce($13, review_due_at),
  reviewed_by = $14, reviewed_at = $15
where approval_id = $1 and revision = $2::bigint - 1
