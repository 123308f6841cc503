-- Documents with what is open on them as of a day. Whatever names a document was put on it, and what names a credit note
-- was taken from it.
with used as (
  select a.account_id, named.invoice_id, sum(a.amount) as amount
    from receivable_activity a cross join lateral (values (a.invoice_id), (a.credit_id)) as named(invoice_id)
   where named.invoice_id is not null and ($1::uuid is null or a.account_id = $1) and ($2::uuid is null or named.invoice_id = $2)
     and ($3::date is null or a.day <= $3)
   group by a.account_id, named.invoice_id
), document as (
  select i.account_id, i.invoice_id, i.entity_id, i.kind, i.number, i.currency, i.issue_date, i.due_date, i.total,
         case i.kind when 'CREDIT_NOTE' then coalesce(u.amount, 0) - i.total else i.total - coalesce(u.amount, 0) end as open
    from invoice i left join used u using (account_id, invoice_id)
   where ($1::uuid is null or i.account_id = $1) and ($2::uuid is null or i.invoice_id = $2)
     and ($3::date is null or i.issue_date <= $3)
     and ($4::uuid is null or i.entity_id = $4) and ($5::text is null or i.currency = $5)
     and ($6::date is null or (i.due_date, i.invoice_id) > ($6, $7::uuid))
)
select d.account_id, d.invoice_id, d.entity_id, d.kind, d.number, d.currency, d.issue_date, d.due_date, d.total, d.open as "open!",
       greatest(least(coalesce(p.amount, 0), d.open), 0) as "disputed!", coalesce(p.dispute, '') as "dispute!"
  from document d
  join account a on a.account_id = d.account_id
  left join lateral (select amount, dispute from disputed_part p
                      where p.account_id = d.account_id and p.invoice_id = d.invoice_id and ($3::date is null or p.day <= $3)
                      order by ordinal desc limit 1) as p on true
 -- One that is asked for by name is answered whatever is open on it.
 where ($2::uuid is not null or d.open <> 0) and in_scope($8::jsonb, d.entity_id, a.territory, d.account_id)
 order by d.due_date, d.invoice_id
 limit $9
