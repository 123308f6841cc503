-- The drafts with an input that came after they were approved, and that nobody let pass for them.
select d.account_id as "account_id!", d.invoice_id as "invoice_id!", d.digest as "digest!"
  from unnest($2::uuid[], $3::uuid[]) as chunk(account_id, invoice_id)
  join draft d using (account_id, invoice_id)
  join billing_run r on r.run_id = d.run_id
 where r.run_id = $1
   and exists (select from input_change c
                where c.account_id = d.account_id and c.xid >= pg_snapshot_xmin(r.approved_seen)
                  and not pg_visible_in_snapshot(c.xid, r.approved_seen)
                  and not exists (select from billing_exception e
                                   where e.run_id = d.run_id and e.account_id = d.account_id and e.invoice_id = d.invoice_id
                                     and e.reason = 'STALE_INPUT' and e.state = 'OVERRIDDEN'
                                     and pg_visible_in_snapshot(c.xid, e.accepted)))
 order by d.account_id, d.invoice_id
