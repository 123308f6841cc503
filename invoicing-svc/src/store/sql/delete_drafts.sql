with chunk as (select * from unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id)),
     lines as (delete from draft_line l using chunk c where (l.account_id, l.invoice_id) = (c.account_id, c.invoice_id)),
     spots as (delete from draft_spot s using chunk c where (s.account_id, s.invoice_id) = (c.account_id, c.invoice_id)),
     taxes as (delete from draft_tax t using chunk c where (t.account_id, t.invoice_id) = (c.account_id, c.invoice_id)),
     postings as (delete from draft_posting p using chunk c where (p.account_id, p.invoice_id) = (c.account_id, c.invoice_id))
delete from draft d using chunk c where (d.account_id, d.invoice_id) = (c.account_id, c.invoice_id)
