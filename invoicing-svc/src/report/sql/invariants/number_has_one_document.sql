with document as (
  select account_id, invoice_id, entity_id, order_id, series_id, issue_date,
         count(*) over (partition by series_id, number) as documents_of_its_number
    from invoice
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/invoices/inv_%s', replace(d.account_id::text, '-', ''), replace(d.invoice_id::text, '-', '')) as name
          from document d join insertion_order o using (account_id, order_id)
         where in_scope($1::jsonb, d.entity_id, o.territory, d.account_id)
           and (not exists (select from issued_number n where (n.account_id, n.invoice_id) = (d.account_id, d.invoice_id)
                                                         and n.series_id = d.series_id and n.issue_date = d.issue_date)
                or d.documents_of_its_number > 1)
         union
        select format('accounts/acc_%s/invoices/inv_%s', replace(n.account_id::text, '-', ''), replace(n.invoice_id::text, '-', ''))
          from issued_number n
         where in_scope($1::jsonb, n.entity_id, null, n.account_id)
           and not exists (select from invoice d where (d.account_id, d.invoice_id) = (n.account_id, n.invoice_id))) as broken
