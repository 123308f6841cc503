select r.*
  from receivable_activity r
  join account a using (account_id)
 where r.kind = 'REFUND'
   and ($1::uuid is null or r.account_id = $1)
   and ($2::uuid is null or (r.account_id, r.activity_id) > ($2, $3::uuid))
   and in_scope($4::jsonb, r.entity_id, a.territory, r.account_id)
 order by r.account_id, r.activity_id
 limit $5
