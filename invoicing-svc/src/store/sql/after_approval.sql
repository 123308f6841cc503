-- The drafts that are still to be issued and have an input that came after they were approved, or after somebody last looked, and that
-- nobody let pass for them. A run that was approved before that was kept knows what it has seen.
select distinct d.account_id, d.order_id, d.invoice_id, d.digest
  from billing_run r
  join input_change c on c.xid >= pg_snapshot_xmin(coalesce(r.approved_seen, r.snapshot))
                     and not pg_visible_in_snapshot(c.xid, coalesce(r.approved_seen, r.snapshot))
  join draft d on d.account_id = c.account_id and d.run_id = r.run_id
 where r.run_id = $1 and not d.waiting
   and not exists (select from billing_exception e
                    where e.run_id = d.run_id and e.account_id = d.account_id and e.invoice_id = d.invoice_id
                      and e.reason = 'STALE_INPUT' and e.state = 'OVERRIDDEN'
                      and pg_visible_in_snapshot(c.xid, e.accepted))
 order by d.account_id, d.invoice_id
