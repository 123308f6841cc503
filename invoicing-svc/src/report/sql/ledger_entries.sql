select e.account_id, e.entry_id, e.entity_id, e.invoice_id, i.number, e.ledger_account, e.gl_code, e.posting_date,
       e.accounting_month, e.currency, e.debit, e.credit
  from ledger_entry e
  join invoice i using (account_id, invoice_id)
  join insertion_order o on (o.account_id, o.order_id) = (i.account_id, i.order_id)
 where ($1::uuid is null or e.account_id = $1) and ($2::uuid is null or e.invoice_id = $2)
   and ($3::date is null or (e.posting_date, e.invoice_id, e.ledger_account, e.entry_id) > ($3, $4::uuid, $5::text, $6::uuid))
   and in_scope($7::jsonb, e.entity_id, o.territory, e.account_id)
 order by e.posting_date, e.invoice_id, e.ledger_account, e.entry_id
 limit $8
