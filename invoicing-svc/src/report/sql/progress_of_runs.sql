select run_id,
       (select count(*) from billing_run_shard s where s.run_id = r.run_id) as "shards!",
       (select count(*) from billing_run_shard s where s.run_id = r.run_id and rated_at is not null) as "shards_rated!",
       (select count(*) from billing_exception e where e.run_id = r.run_id and e.state = 'OPEN') as "exceptions!",
       drafts_dropped, drafts_removed, removed, editors,
       case when state in ('IN_REVIEW', 'APPROVED') then
         (select count(*) from
           (select distinct c.account_id from input_change c
             where c.xid >= pg_snapshot_xmin(r.snapshot) and not pg_visible_in_snapshot(c.xid, r.snapshot)
               and (cardinality(r.accounts) = 0 or c.account_id = any(r.accounts))) c
           -- Looked up once for each account: a join would read all orders for the few that changed.
           where (select true from insertion_order o where o.account_id = c.account_id and o.entity_id = r.entity_id limit 1))
       else 0 end as "stale_accounts!"
  from billing_run r
 where run_id = any($1)
