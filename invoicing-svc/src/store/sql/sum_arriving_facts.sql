-- A measure that no row of a day has was not counted; unless the batch says everything of its days ($1), it stays as it was. What is
-- released from a batch ($2) is added to what that batch and earlier releases from it have said of the day (o); nobody else has said
-- it since.
insert into delivery_fact
select s.account_id, s.line_id, s.day, s.source_no, s.landing,
       coalesce(s.gross_impressions + case when o.said & 1 <> 0 then o.gross_impressions end, s.gross_impressions, h.gross_impressions, case when o.said & 1 <> 0 then o.gross_impressions end),
       coalesce(s.general_invalid + case when o.said & 2 <> 0 then o.general_invalid end, s.general_invalid, h.general_invalid, case when o.said & 2 <> 0 then o.general_invalid end),
       coalesce(s.sophisticated_invalid + case when o.said & 4 <> 0 then o.sophisticated_invalid end, s.sophisticated_invalid, h.sophisticated_invalid, case when o.said & 4 <> 0 then o.sophisticated_invalid end),
       coalesce(s.impressions + case when o.said & 8 <> 0 then o.impressions end, s.impressions, h.impressions, case when o.said & 8 <> 0 then o.impressions end),
       coalesce(s.viewable_impressions + case when o.said & 16 <> 0 then o.viewable_impressions end, s.viewable_impressions, h.viewable_impressions, case when o.said & 16 <> 0 then o.viewable_impressions end),
       coalesce(s.clicks + case when o.said & 32 <> 0 then o.clicks end, s.clicks, h.clicks, case when o.said & 32 <> 0 then o.clicks end),
       coalesce(s.views + case when o.said & 64 <> 0 then o.views end, s.views, h.views, case when o.said & 64 <> 0 then o.views end),
       coalesce(s.completed_views + case when o.said & 128 <> 0 then o.completed_views end, s.completed_views, h.completed_views, case when o.said & 128 <> 0 then o.completed_views end),
       coalesce(s.actions + case when o.said & 256 <> 0 then o.actions end, s.actions, h.actions, case when o.said & 256 <> 0 then o.actions end),
       coalesce(s.spend + case when o.said & 512 <> 0 then o.spend end, s.spend, h.spend, case when o.said & 512 <> 0 then o.spend end),
       coalesce(s.hours + case when o.said & 1024 <> 0 then o.hours end, s.hours, h.hours, case when o.said & 1024 <> 0 then o.hours end),
       nullif(measures_of(h.gross_impressions, h.general_invalid, h.sophisticated_invalid, h.impressions, h.viewable_impressions,
                          h.clicks, h.views, h.completed_views, h.actions, h.spend, h.hours)
              & (~ measures_of(s.gross_impressions, s.general_invalid, s.sophisticated_invalid, s.impressions, s.viewable_impressions,
                               s.clicks, s.views, s.completed_views, s.actions, s.spend, s.hours))
              & (~ coalesce(o.said, 0)), 0)
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
  left join lateral (
    select f.*, measures_of(f.gross_impressions, f.general_invalid, f.sophisticated_invalid, f.impressions, f.viewable_impressions,
                            f.clicks, f.views, f.completed_views, f.actions, f.spend, f.hours)
                & (~ coalesce(f.carried, 0)) as said
      from delivery_fact f
      join delivery_batch b on b.landing = f.landing
     where f.account_id = s.account_id and f.line_id = s.line_id and f.day = s.day and f.source_no = s.source_no
       and f.landing < s.landing and (b.batch_id = $2 or b.released_from = $2)
     order by f.landing desc limit 1) o on $2::uuid is not null
