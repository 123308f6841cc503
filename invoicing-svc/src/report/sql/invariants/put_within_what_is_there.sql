with put as (
  select i.account_id, i.entity_id, format('invoices/inv_%s', replace(i.invoice_id::text, '-', '')) as name, i.total as there, sum(a.amount) as used
    from invoice i join receivable_activity a on a.account_id = i.account_id and (a.invoice_id = i.invoice_id or a.credit_id = i.invoice_id)
   group by i.account_id, i.invoice_id
   union all
  select r.account_id, r.entity_id, format('activities/act_%s', replace(r.activity_id::text, '-', '')), r.amount, sum(a.amount)
    from receivable_activity r
    join receivable_activity a on a.account_id = r.account_id
     and (a.receipt_id = r.activity_id or a.write_off_id = r.activity_id and a.kind = 'RECOVERY')
   group by r.account_id, r.activity_id
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/%s', replace(p.account_id::text, '-', ''), p.name) as name
          from put p join account a using (account_id)
         where in_scope($1::jsonb, p.entity_id, a.territory, p.account_id) and p.used > p.there) as broken
