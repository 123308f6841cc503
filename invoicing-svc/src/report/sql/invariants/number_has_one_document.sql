select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/invoices/inv_%s', replace(d.account_id::text, '-', ''), replace(d.invoice_id::text, '-', '')) as name
          from invoice d join insertion_order o using (account_id, order_id)
         where in_scope($1::jsonb, d.entity_id, o.territory, d.account_id)
           and (not exists (select from issued_number n where (n.account_id, n.invoice_id) = (d.account_id, d.invoice_id)
                                                         and n.series_id = d.series_id and n.issue_date = d.issue_date)
                or exists (select from invoice other where other.series_id = d.series_id and other.number = d.number
                                                     and (other.account_id, other.invoice_id) <> (d.account_id, d.invoice_id)))
         union
        select format('accounts/acc_%s/invoices/inv_%s', replace(n.account_id::text, '-', ''), replace(n.invoice_id::text, '-', ''))
          from issued_number n
         where in_scope($1::jsonb, n.entity_id, null, n.account_id)
           and not exists (select from invoice d where (d.account_id, d.invoice_id) = (n.account_id, n.invoice_id))) as broken
