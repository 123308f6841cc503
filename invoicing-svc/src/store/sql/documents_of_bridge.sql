-- The documents that are asked about with the notes that correct them, and what the ledger has of them as receivable, by
-- currency.
with document as (
  select i.account_id, i.invoice_id, i.currency,
         case i.kind when 'CREDIT_NOTE' then -i.commission else i.commission end as commission,
         case i.kind when 'CREDIT_NOTE' then -i.tax else i.tax end as tax,
         case when o.stands_for <> 'REBILL' then 0 when i.kind = 'CREDIT_NOTE' then -i.gross else i.gross end as rebilled
    from invoice i
    join insertion_order o using (account_id, order_id)
    left join invoice c on (c.account_id, c.invoice_id) = (i.account_id, i.corrects_id)
   where i.entity_id = $1 and i.account_id = any($2)
     and case when $7::date is not null then i.issue_date = $7
              else ($3::uuid is null or coalesce(i.run_id, c.run_id) = $3)
                   and ($4::date is null or i.billing_month >= $4) and i.billing_month <= $5 end
     and in_scope($6::jsonb, i.entity_id, o.territory, i.account_id)
), posted as (
  select e.currency, sum(e.debit - e.credit) filter (where e.activity_id is null) as amount,
         sum(e.credit - e.debit) filter (where e.activity_id is not null) as collected
    from document d join ledger_entry e using (account_id, invoice_id)
   where e.ledger_account = 'RECEIVABLES'
   group by e.currency
)
select d.currency, sum(d.rebilled) as "rebilled!", sum(d.commission) as "commission!", sum(d.tax) as "tax!",
       coalesce(min(p.amount), 0) as "posted!", coalesce(min(p.collected), 0) as "collected!"
  from document d left join posted p using (currency)
 group by d.currency order by d.currency
