-- A run in review with a stale draft that no exception tells of.
select r.run_id
  from billing_run r
 where r.state = 'IN_REVIEW' and not r.preview
   and not exists (select from check_severity s
                    where s.entity_id = r.entity_id and s.reason = 'STALE_INPUT' and s.severity = 'OFF')
   and exists (select from stale_draft d
                where d.run_id = r.run_id
                  and not exists (select from billing_exception e
                                   where e.run_id = d.run_id and e.account_id = d.account_id and e.invoice_id = d.invoice_id
                                     and e.reason = 'STALE_INPUT' and e.state <> 'RESOLVED'))
 order by r.run_id limit 1 for update of r skip locked
