-- The documents that are asked about, and what the ledger has of them as receivable, by currency.
with document as (
  select i.account_id, i.invoice_id, i.currency, i.commission, i.tax
    from invoice i join insertion_order o using (account_id, order_id)
   where i.entity_id = $1 and i.account_id = any($2) and ($3::uuid is null or i.run_id = $3)
     and ($4::date is null or i.billing_month >= $4) and i.billing_month <= $5
     and in_scope($6::jsonb, i.entity_id, o.territory, i.account_id)
), receivable as (
  select e.currency, sum(e.debit) as debit, sum(e.credit) as credit
    from document d join ledger_entry e using (account_id, invoice_id)
   where e.ledger_account = 'RECEIVABLES'
   group by e.currency
)
select d.currency, sum(d.commission) as "commission!", sum(d.tax) as "tax!",
       coalesce(min(r.debit), 0) as "posted!", coalesce(min(r.credit), 0) as "collected!"
  from document d left join receivable r using (currency)
 group by d.currency order by d.currency
