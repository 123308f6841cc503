-- Credits with what documents have used of them, and what drafts of runs that are no previews would use.
select c.account_id, c.credit_id, c.revision, c.entity_id, c.product_id, c.currency, c.amount, c.granted_on, c.expires, c.reason,
       c.granted_by,
       (select coalesce(sum(-b.gross), 0) from order_line l join billed_to_date b using (account_id, line_id)
         where l.account_id = c.account_id and l.order_id = c.credit_id and b.basis in ('RATED', 'CORRECTION')) as "issued!",
       (select coalesce(sum(-d.gross), 0)
          from order_line l join draft_line d using (account_id, line_id) join draft h using (account_id, invoice_id)
          join billing_run r using (run_id)
         where l.account_id = c.account_id and l.order_id = c.credit_id and not r.preview) as "drafted!",
       (select max(r.month)
          from order_line l join draft_line d using (account_id, line_id) join draft h using (account_id, invoice_id)
          join billing_run r using (run_id)
         where l.account_id = c.account_id and l.order_id = c.credit_id and not r.preview) as "drafted_in?"
  from ad_credit c
  join account a using (account_id)
 where ($1::uuid is null or c.credit_id = $1) and (cardinality($2::uuid[]) = 0 or c.account_id = any($2))
   and ($3::uuid is null or c.entity_id = $3) and ($4::uuid is null or c.credit_id > $4)
   and in_scope($5::jsonb, c.entity_id, a.territory, c.account_id)
 order by c.credit_id
 limit $6
