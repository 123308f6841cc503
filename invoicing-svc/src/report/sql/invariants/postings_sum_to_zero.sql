select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select distinct format('accounts/acc_%s/invoices/inv_%s', replace(d.account_id::text, '-', ''), replace(d.invoice_id::text, '-', '')) as name
          from invoice d join insertion_order o using (account_id, order_id)
         where in_scope($1::jsonb, d.entity_id, o.territory, d.account_id)
           and (exists (select from ledger_entry e where (e.account_id, e.invoice_id) = (d.account_id, d.invoice_id)
                         group by e.currency having sum(e.debit) <> sum(e.credit))
                -- What was issued for an amount was posted.
                or d.gross <> 0 and not exists (select from ledger_entry e where (e.account_id, e.invoice_id) = (d.account_id, d.invoice_id)))) as broken
