-- The days of the lines that bill days, by source; of the facts of a day the one that landed last holds.
select distinct on (f.account_id, f.line_id, f.source_no, f.day) f.line_id, f.source_no, f.day,
       coalesce(greatest(f.impressions, f.viewable_impressions, f.clicks, f.views, f.completed_views, f.actions, f.spend,
                         f.hours) > 0, false) as "is_active!"
  from order_line l
  join delivery_fact f using (account_id, line_id)
 where l.account_id = any($1) and l.line_id = any($2) and (l.pricing_model = 'CPD' or l.metric = 'DAYS')
 order by f.account_id, f.line_id, f.source_no, f.day, f.landing desc
