-- A run that rates the account at this moment may not have seen the correction; one that is approved has drafts that stay as
-- they are.
select r.run_id, r.state, line.line_id as "line_id!"
  from billing_run r
  cross join unnest($2::uuid[]) as line(line_id)
 where not r.preview
   and exists (select from billing_run_shard s where s.run_id = r.run_id and $1 = any(s.accounts))
   and (r.state in ('CREATED', 'RATING') or r.failed_in = 'RATING'
        or (r.state in ('APPROVED', 'ISSUING') or r.failed_in = 'ISSUING')
           and exists (select from draft d join draft_line l using (account_id, invoice_id)
                        where d.account_id = $1 and d.run_id = r.run_id and l.line_id = line.line_id))
 order by r.run_id
 limit 1
