-- A measure that no row of a day has was not counted; unless the batch says everything of its days ($1), it stays as it was.
insert into delivery_fact
select s.account_id, s.line_id, s.day, s.source_no, s.landing,
       coalesce(s.gross_impressions, h.gross_impressions), coalesce(s.general_invalid, h.general_invalid),
       coalesce(s.sophisticated_invalid, h.sophisticated_invalid), coalesce(s.impressions, h.impressions),
       coalesce(s.viewable_impressions, h.viewable_impressions), coalesce(s.clicks, h.clicks), coalesce(s.views, h.views),
       coalesce(s.completed_views, h.completed_views), coalesce(s.actions, h.actions), coalesce(s.spend, h.spend),
       coalesce(s.hours, h.hours),
       nullif(measures_of(h.gross_impressions, h.general_invalid, h.sophisticated_invalid, h.impressions, h.viewable_impressions,
                          h.clicks, h.views, h.completed_views, h.actions, h.spend, h.hours)
              & (~ measures_of(s.gross_impressions, s.general_invalid, s.sophisticated_invalid, s.impressions, s.viewable_impressions,
                               s.clicks, s.views, s.completed_views, s.actions, s.spend, s.hours)), 0)
  from (select account_id, line_id, day, source_no, landing, sum(gross_impressions)::bigint as gross_impressions,
               sum(general_invalid)::bigint as general_invalid, sum(sophisticated_invalid)::bigint as sophisticated_invalid,
               sum(impressions)::bigint as impressions, sum(viewable_impressions)::bigint as viewable_impressions,
               sum(clicks)::bigint as clicks, sum(views)::bigint as views, sum(completed_views)::bigint as completed_views,
               sum(actions)::bigint as actions, sum(spend) as spend, sum(hours) as hours
          from arriving_fact
         group by account_id, line_id, day, source_no, landing) s
  left join lateral (
    select f.* from delivery_fact f
     where f.account_id = s.account_id and f.line_id = s.line_id and f.day = s.day and f.source_no = s.source_no
       and f.landing < s.landing
     order by f.landing desc limit 1) h on not $1
