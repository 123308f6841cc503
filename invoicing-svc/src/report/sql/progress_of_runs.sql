select run_id,
       (select count(*) from billing_run_shard s where s.run_id = r.run_id) as "shards!",
       (select count(*) from billing_run_shard s where s.run_id = r.run_id and rated_at is not null) as "shards_rated!",
       (select count(*) from draft d where d.run_id = r.run_id) as "drafts!",
       (select count(*) from invoice i where i.run_id = r.run_id) as "drafts_issued!",
       (select count(*) from billing_exception e where e.run_id = r.run_id) as "exceptions!"
  from billing_run r
 where run_id = any($1)
