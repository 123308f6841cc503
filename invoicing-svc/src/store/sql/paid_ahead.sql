-- Receipts of accounts of which something is left, with the columns of receipts.sql.
select r.account_id, r.activity_id, r.entity_id, r.currency, r.amount, r.day, r.method, r.reference, r.recorded_by, r.recorded_at,
       null::date as "reversed_on?", null::text as "reversed_because?"
  from receivable_activity r
 where r.kind = 'RECEIPT' and r.reverses_id is null and r.entity_id = $1 and r.account_id = any($2)
   and not exists (select from receivable_activity back where back.account_id = r.account_id and back.reverses_id = r.activity_id)
   and r.amount > (select coalesce(sum(taken.amount), 0) from receivable_activity taken
                    where taken.account_id = r.account_id and taken.receipt_id = r.activity_id)
 order by r.account_id, r.day, r.activity_id
