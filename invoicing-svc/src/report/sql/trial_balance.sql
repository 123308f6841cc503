-- Documents and activities outside the scope are left out whole, so that what is left balances too.
select e.ledger_account, e.gl_code, e.currency, sum(e.debit) as "debit!", sum(e.credit) as "credit!"
  from ledger_entry e
  join account a on a.account_id = e.account_id
  left join invoice i on (i.account_id, i.invoice_id) = (e.account_id, e.invoice_id)
  left join insertion_order o on (o.account_id, o.order_id) = (i.account_id, i.order_id)
 where e.entity_id = $1 and ($2::date is null or e.posting_date <= $2)
   and in_scope($3::jsonb, e.entity_id, coalesce(o.territory, a.territory), e.account_id)
 group by e.currency, e.ledger_account, e.gl_code
 order by e.currency, e.ledger_account, e.gl_code
