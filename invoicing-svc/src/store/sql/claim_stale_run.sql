-- A run in review with an input that came after somebody last looked for one, where its entity wants to hear of that.
select r.run_id
  from billing_run r
 where r.state = 'IN_REVIEW' and not r.preview
   and not exists (select from check_severity s
                    where s.entity_id = r.entity_id and s.reason = 'STALE_INPUT' and s.severity = 'OFF')
   and exists (select from input_change c
                where c.xid >= pg_snapshot_xmin(coalesce(r.stale_said, r.snapshot))
                  and not pg_visible_in_snapshot(c.xid, coalesce(r.stale_said, r.snapshot)))
 order by r.run_id limit 1 for update of r skip locked
