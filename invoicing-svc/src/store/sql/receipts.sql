-- Receipts, each with whether it was taken back.
select r.account_id, r.activity_id, r.entity_id, r.currency, r.amount, r.day, r.method, r.reference, r.recorded_by, r.recorded_at,
       back.day as "reversed_on?", back.reason as "reversed_because?"
  from receivable_activity r
  join account a using (account_id)
  left join receivable_activity back on back.account_id = r.account_id and back.reverses_id = r.activity_id
 where r.kind = 'RECEIPT' and r.reverses_id is null
   and ($1::uuid is null or r.account_id = $1) and ($2::uuid is null or r.activity_id = $2)
   and ($3::uuid is null or (r.account_id, r.activity_id) > ($3, $4::uuid))
   and in_scope($5::jsonb, r.entity_id, a.territory, r.account_id)
 order by r.account_id, r.activity_id
 limit $6
