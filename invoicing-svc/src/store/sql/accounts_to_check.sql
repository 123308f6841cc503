-- What the account owes is what its receivables come to; summed only where a limit makes it matter.
select a.account_id, a.currency, cardinality(a.tax_ids) > 0 as "has_tax_id!",
       a.purchase_order_required, a.purchase_order_format, a.credit_limit,
       case when a.credit_limit is null then 0 else
         (select coalesce(sum(e.debit - e.credit), 0) from ledger_entry e
           where e.account_id = a.account_id and e.ledger_account = 'RECEIVABLES' and e.currency = a.currency)
       end as "owed!",
       h.reason as "hold_reason?", h.owner as "hold_owner?"
  from account a
  left join lateral (select reason, owner from account_hold h
                      where h.account_id = a.account_id and (h.expires is null or h.expires >= $2)
                      order by ordinal limit 1) as h on true
 where a.account_id = any($1)
