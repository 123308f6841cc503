-- Of the facts of a day the one that landed last holds, of those that the run has seen.
select distinct on (f.account_id, f.line_id, f.source_no, f.day)
       f.line_id, f.source_no, f.day, coalesce(f.impressions, 0) as "impressions!",
       coalesce(f.viewable_impressions, 0) as "viewable_impressions!", coalesce(f.clicks, 0) as "clicks!",
       coalesce(f.views, 0) as "views!", coalesce(f.completed_views, 0) as "completed_views!",
       coalesce(f.actions, 0) as "actions!",
       coalesce(greatest(f.impressions, f.viewable_impressions, f.clicks, f.views, f.completed_views, f.actions, f.spend,
                         f.hours) > 0, false) as "is_active!",
       coalesce(f.spend, 0) as "spend!", coalesce(f.hours, 0) as "hours!"
  from delivery_fact f
  join delivery_batch b on b.landing = f.landing
  join billing_run r on r.run_id = $1 and pg_visible_in_snapshot(b.xid, r.snapshot)
 where f.account_id = any($2)
 order by f.account_id, f.line_id, f.source_no, f.day, f.landing desc
