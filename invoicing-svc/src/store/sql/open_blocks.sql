-- The exceptions of open runs that stand in the way of drafts, or keep orders out of any; the oldest of each first.
select e.order_id, e.invoice_id, e.line_id, e.reason, e.message, e.owner, e.opened_at
  from billing_exception e join billing_run r using (run_id)
 where e.entity_id = $1 and e.account_id = any($2) and e.severity = 'BLOCK' and e.state = 'OPEN'
   and not r.preview and r.state not in ('ISSUED', 'CANCELLED')
 order by e.opened_at, e.exception_id
