-- Write-offs, each with what was claimed and recovered of it.
select w.account_id, w.activity_id, w.entity_id, w.currency, w.day, w.amount, w.reason, w.recorded_by, w.recorded_at,
       w.invoice_id as "invoice_id!", i.total, i.tax,
       coalesce(f.relief, 0) as "relief!", coalesce(f.recovered, 0) as "recovered!"
  from receivable_activity w
  join invoice i on (i.account_id, i.invoice_id) = (w.account_id, w.invoice_id)
  join account a on a.account_id = w.account_id
  left join lateral (select sum(amount) filter (where kind = 'TAX_RELIEF') as relief, sum(amount) filter (where kind = 'RECOVERY') as recovered
                       from receivable_activity f where f.account_id = w.account_id and f.write_off_id = w.activity_id) as f on true
 where w.kind = 'WRITE_OFF'
   and ($1::uuid is null or w.account_id = $1) and ($2::uuid is null or w.activity_id = $2)
   and ($3::uuid is null or (w.account_id, w.activity_id) > ($3, $4::uuid))
   and in_scope($5::jsonb, w.entity_id, a.territory, w.account_id)
 order by w.account_id, w.activity_id
 limit $6
