-- Everything that changes what an account owes. Putting money that came on a document changes nothing: it was off already. What is
-- recovered pays what was given up, so it is owed again by as much.
with event as (
  select i.issue_date as day, i.issued_at as at, i.kind, i.invoice_id as id, i.number as reference,
         case i.kind when 'CREDIT_NOTE' then -i.total else i.total end as amount
    from invoice i where i.account_id = $1 and i.currency = $2 and i.issue_date <= $4
   union all
  select a.day, a.recorded_at, a.kind, case a.kind when 'RECOVERY' then a.write_off_id else a.activity_id end, a.reference,
         case a.kind when 'RECEIPT' then -a.amount when 'WRITE_OFF' then -a.amount else a.amount end
    from receivable_activity a
   where a.account_id = $1 and a.currency = $2 and a.day <= $4 and a.kind in ('RECEIPT', 'REFUND', 'WRITE_OFF', 'RECOVERY')
)
select null::date as "day?", '' as "kind!", null::uuid as "id?", '' as "reference!", coalesce(sum(amount), 0) as "amount!", null::timestamptz as at
  from event where day < $3
 union all
select day, kind, id, reference, amount, at from event where day >= $3
 order by 1 nulls first, 6, 3
