select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select distinct format('accounts/acc_%s/invoices/inv_%s', replace(d.account_id::text, '-', ''), replace(d.invoice_id::text, '-', '')) as name
          from invoice d join insertion_order o using (account_id, order_id)
         where in_scope($1::jsonb, d.entity_id, o.territory, d.account_id)
           and (exists (select from ledger_entry e where (e.account_id, e.invoice_id) = (d.account_id, d.invoice_id)
                         group by e.currency having sum(e.debit) <> sum(e.credit))
                -- What was issued for an amount was posted.
                or d.gross <> 0 and not exists (select from ledger_entry e where (e.account_id, e.invoice_id) = (d.account_id, d.invoice_id)))
         union
        select format('accounts/acc_%s/activities/act_%s', replace(r.account_id::text, '-', ''), replace(r.activity_id::text, '-', ''))
          from receivable_activity r join account a using (account_id)
         where in_scope($1::jsonb, r.entity_id, a.territory, r.account_id)
           and exists (select from ledger_entry e where (e.account_id, e.activity_id) = (r.account_id, r.activity_id)
                        group by e.currency having sum(e.debit) <> sum(e.credit))) as broken
