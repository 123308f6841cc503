select count(*) as "count!"
  from unnest($1::uuid[], $2::uuid[]) l (account_id, line_id)
  join delivery_fact f on f.account_id = l.account_id and f.line_id = l.line_id and f.source_no = $3 and f.landing = $4
 cross join lateral (select p.* from delivery_fact p
                      where p.account_id = f.account_id and p.line_id = f.line_id and p.day = f.day and p.source_no = f.source_no
                        and p.landing < f.landing
                      order by p.landing desc limit 1) p
 where (f.gross_impressions, f.general_invalid, f.sophisticated_invalid, f.impressions, f.viewable_impressions, f.clicks, f.views,
        f.completed_views, f.actions, f.spend, f.hours)
       is not distinct from
       (p.gross_impressions, p.general_invalid, p.sophisticated_invalid, p.impressions, p.viewable_impressions, p.clicks, p.views,
        p.completed_views, p.actions, p.spend, p.hours)
