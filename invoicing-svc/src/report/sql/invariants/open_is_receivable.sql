with used as (
  select a.account_id, named.invoice_id, sum(a.amount) as amount
    from receivable_activity a cross join lateral (values (a.invoice_id), (a.credit_id)) as named(invoice_id)
   where named.invoice_id is not null
   group by a.account_id, named.invoice_id
), open as (
  select i.account_id, i.entity_id, i.currency,
         sum(case i.kind when 'CREDIT_NOTE' then coalesce(u.amount, 0) - i.total else i.total - coalesce(u.amount, 0) end) as amount
    from invoice i left join used u using (account_id, invoice_id)
   group by i.account_id, i.entity_id, i.currency
), posted as (
  select account_id, entity_id, currency, sum(debit - credit) as amount
    from ledger_entry where ledger_account = 'RECEIVABLES' group by account_id, entity_id, currency
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s %s', replace(b.account_id::text, '-', ''), b.currency) as name
          from (select account_id, entity_id, currency, coalesce(o.amount, 0) as open, coalesce(p.amount, 0) as posted
                  from open o full join posted p using (account_id, entity_id, currency)) as b
          join account a on a.account_id = b.account_id
         where in_scope($1::jsonb, b.entity_id, a.territory, b.account_id) and b.open <> b.posted) as broken
