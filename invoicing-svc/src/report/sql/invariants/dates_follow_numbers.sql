select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/invoices/inv_%s', replace(n.account_id::text, '-', ''), replace(n.invoice_id::text, '-', '')) as name
          from (select *, lag(issue_date) over (partition by series_id order by year, sequence) as before from issued_number) as n
         where in_scope($1::jsonb, n.entity_id, null, n.account_id) and n.before > n.issue_date) as broken
