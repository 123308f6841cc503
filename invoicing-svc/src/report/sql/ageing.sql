-- What is open as of a day, summed by due date, and receipts that are on no document.
with seen as (
  select a.account_id from account a where ($2::uuid is null or a.account_id = $2) and in_scope($4::jsonb, $1, a.territory, a.account_id)
), used as (
  select a.account_id, named.invoice_id, sum(a.amount) as amount
    from receivable_activity a join seen using (account_id)
   cross join lateral (values (a.invoice_id), (a.credit_id)) as named(invoice_id)
   where named.invoice_id is not null and a.entity_id = $1 and a.day <= $3
   group by a.account_id, named.invoice_id
), document as (
  select i.account_id, i.invoice_id, i.currency, i.due_date,
         case i.kind when 'CREDIT_NOTE' then coalesce(u.amount, 0) - i.total else i.total - coalesce(u.amount, 0) end as open
    from invoice i join seen using (account_id) left join used u using (account_id, invoice_id)
   where i.entity_id = $1 and i.issue_date <= $3
), parted as (
  select d.currency, d.due_date, d.open,
         greatest(least(coalesce(p.amount, 0), d.open), 0) as disputed
    from document d
    left join lateral (select amount from disputed_part p
                        where p.account_id = d.account_id and p.invoice_id = d.invoice_id and p.day <= $3
                        order by ordinal desc limit 1) as p on true
   where d.open <> 0
)
select currency as "currency!", due_date, coalesce(sum(open - disputed) filter (where open > 0), 0) as "undisputed!",
       sum(disputed) as "disputed!", coalesce(sum(open) filter (where open < 0), 0) as "credit!", 0::numeric as "unapplied!"
  from parted group by currency, due_date
 union all
select a.currency, null, 0, 0, 0, sum(case a.kind when 'RECEIPT' then a.amount else -a.amount end)
  from receivable_activity a join seen using (account_id)
 where a.entity_id = $1 and a.day <= $3 and (a.kind = 'RECEIPT' or a.receipt_id is not null)
 group by a.currency
