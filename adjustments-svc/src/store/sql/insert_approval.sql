insert into approval (
  approval_id, revision, subject_kind, subject, subject_digest, summary, entity_id, account_id, cause, entity_code, share,
  age_days, measure_currency, measure_this, measure_account, measure_cause, measure_maker, measure_largest, policy_version,
  plan, submitted_by, submitted_at, remind_at, escalate_at, expire_at, replaces, state, automatic, ended_at, reminded,
  escalated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
  $26, $27, $28, $29, false, false)
