-- An order never moves to another entity or account, so the accounts of a run are those with an order of its entity.
select c.account_id, array_agg(distinct c.cause order by c.cause) as "causes!"
  from billing_run r
  join input_change c on c.xid >= pg_snapshot_xmin(r.snapshot) and not pg_visible_in_snapshot(c.xid, r.snapshot)
 where r.run_id = $1
   and (cardinality(r.accounts) = 0 or c.account_id = any(r.accounts))
   and ($2::uuid is null or c.account_id > $2)
 group by c.account_id, r.entity_id
-- Looked up once for each account: a join would read all orders for the few that changed.
having (select true from insertion_order o where o.account_id = c.account_id and o.entity_id = r.entity_id limit 1)
 order by c.account_id
 limit $3
