-- What accounts with a limit owe, and what drafts of theirs come to; previews come to nothing.
select a.account_id, a.currency, a.credit_limit as "credit_limit!",
       (select coalesce(sum(e.debit - e.credit), 0) from ledger_entry e
         where e.account_id = a.account_id and e.ledger_account = 'RECEIVABLES' and e.currency = a.currency) as "owed!",
       (select coalesce(sum(d.total), 0) from draft d join billing_run r using (run_id)
         where d.account_id = a.account_id and d.currency = a.currency and not r.preview) as "drafted!"
  from account a
 where a.account_id = any($1) and a.credit_limit is not null
