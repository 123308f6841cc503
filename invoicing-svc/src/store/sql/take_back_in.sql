-- What dropped out of an approval that does not hold any more is reviewed again with the rest.
with settled as (
  update billing_exception
     set state = 'RESOLVED', resolution = 'the whole run is to be approved anew', settled_by = 'system', settled_at = $2,
         revision = revision + 1
   where run_id = $1 and reason = $3 and state = 'OPEN'
  returning account_id, invoice_id
)
update draft d set waiting = false
  from settled s
 where d.run_id = $1 and (d.account_id, d.invoice_id) = (s.account_id, s.invoice_id)
   and not exists (select from billing_exception e
                    where e.run_id = $1 and e.account_id = d.account_id and e.invoice_id = d.invoice_id and e.reason <> $3
                      and e.state = 'OPEN' and e.severity = 'BLOCK')
