-- What belongs to the drafts is named by account, too: that of a few accounts is found by key, where all of a run would be read
-- for it.
with dropped as (delete from draft where run_id = $1 and account_id = any($2) returning account_id, invoice_id),
     lines as (delete from draft_line l using dropped d
                where l.account_id = any($2) and (l.account_id, l.invoice_id) = (d.account_id, d.invoice_id)),
     taxes as (delete from draft_tax t using dropped d
                where t.account_id = any($2) and (t.account_id, t.invoice_id) = (d.account_id, d.invoice_id)),
     spots as (delete from draft_spot s using dropped d
                where s.account_id = any($2) and (s.account_id, s.invoice_id) = (d.account_id, d.invoice_id))
delete from draft_posting p using dropped d
 where p.account_id = any($2) and (p.account_id, p.invoice_id) = (d.account_id, d.invoice_id)
