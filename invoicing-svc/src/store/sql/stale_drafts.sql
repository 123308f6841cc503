-- The drafts of a run with an input that came after them, and after somebody last looked, of which no exception tells. One that was
-- overridden tells of what had come by then.
select distinct d.account_id, d.order_id, d.invoice_id
  from billing_run r
  join input_change c on c.xid >= pg_snapshot_xmin(coalesce(r.stale_said, r.snapshot))
                     and not pg_visible_in_snapshot(c.xid, coalesce(r.stale_said, r.snapshot))
  join draft d on d.account_id = c.account_id and d.run_id = r.run_id
 where r.run_id = $1
   and (c.cause = 'DELIVERY' or (c.xid <> d.made_by and not pg_visible_in_snapshot(c.xid, d.seen)))
   and not exists (select from billing_exception e
                    where e.run_id = d.run_id and e.account_id = d.account_id and e.invoice_id = d.invoice_id
                      and e.reason = 'STALE_INPUT'
                      and (e.state = 'OPEN' or (e.state = 'OVERRIDDEN' and pg_visible_in_snapshot(c.xid, e.accepted))))
 order by d.account_id, d.order_id, d.invoice_id
