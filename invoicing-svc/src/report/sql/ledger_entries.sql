-- Money that is on no document is of the account as a whole.
select e.account_id, e.entry_id, e.entity_id, e.invoice_id, e.activity_id, i.number as "number?", e.ledger_account, e.gl_code,
       e.posting_date, e.accounting_month, e.currency, e.debit, e.credit,
       coalesce(e.invoice_id, e.activity_id) as "of!"
  from ledger_entry e
  join account a on a.account_id = e.account_id
  left join invoice i on (i.account_id, i.invoice_id) = (e.account_id, e.invoice_id)
  left join insertion_order o on (o.account_id, o.order_id) = (i.account_id, i.order_id)
 where ($1::uuid is null or e.account_id = $1) and ($2::uuid is null or e.invoice_id = $2) and ($9::uuid is null or e.activity_id = $9)
   and ($3::date is null or (e.posting_date, coalesce(e.invoice_id, e.activity_id), e.ledger_account, e.entry_id) > ($3, $4::uuid, $5::text, $6::uuid))
   and in_scope($7::jsonb, e.entity_id, coalesce(o.territory, a.territory), e.account_id)
 order by e.posting_date, coalesce(e.invoice_id, e.activity_id), e.ledger_account, e.entry_id
 limit $8
