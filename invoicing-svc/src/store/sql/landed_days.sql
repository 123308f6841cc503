-- What holds of the days of a line as a run ($5) knew it, by the batch that said it. Of two values of a day the one that
-- landed later holds; one that was only taken over was said before.
with holds as (
  select distinct on (f.day, f.source_no) f.*, b.batch_id, b.external_id, s.source
    from delivery_fact f join delivery_source s using (source_no) join delivery_batch b using (landing)
    join billing_run r on r.run_id = $5
   where f.account_id = $1 and f.line_id = $2 and f.day between $3 and $4 and pg_visible_in_snapshot(b.xid, r.snapshot)
     and ($6::text is null or s.source = $6) and ($7::text is null or s.source <> $7)
     and coalesce(f.carried, 0) & (case $8::text when 'impression' then 8 when 'viewable impression' then 16 when 'click' then 32
                                                 when 'view' then 64 when 'completed view' then 128 when 'action' then 256
                                                 when 'spend' then 512 when 'hour' then 1024 else 0 end) = 0
   order by f.day, f.source_no, f.landing desc
)
select batch_id, external_id, source,
       coalesce(sum(case $8::text when 'impression' then impressions when 'viewable impression' then viewable_impressions
                                  when 'click' then clicks when 'view' then views when 'completed view' then completed_views
                                  when 'action' then actions when 'spend' then spend when 'hour' then hours
                                  when 'day' then (greatest(impressions, viewable_impressions, clicks, views, completed_views,
                                                            actions, spend, hours) > 0)::int end), 0) as "units!"
  from holds
 group by batch_id, external_id, source
 order by batch_id
