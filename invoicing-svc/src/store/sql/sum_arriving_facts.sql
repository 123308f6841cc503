-- A measure that no row of a day has was not counted; unless the batch says everything of its days ($1), it stays as it was. What is
-- released from a batch ($2) is added to what that batch and earlier releases from it have said of the day (o), which nobody
-- else has said since.
insert into delivery_fact
select s.account_id, s.line_id, s.day, s.source_no, s.landing,
       coalesce(s.gross_impressions + o.gross_impressions, s.gross_impressions, h.gross_impressions, o.gross_impressions),
       coalesce(s.general_invalid + o.general_invalid, s.general_invalid, h.general_invalid, o.general_invalid),
       coalesce(s.sophisticated_invalid + o.sophisticated_invalid, s.sophisticated_invalid, h.sophisticated_invalid, o.sophisticated_invalid),
       coalesce(s.impressions + o.impressions, s.impressions, h.impressions, o.impressions),
       coalesce(s.viewable_impressions + o.viewable_impressions, s.viewable_impressions, h.viewable_impressions, o.viewable_impressions),
       coalesce(s.clicks + o.clicks, s.clicks, h.clicks, o.clicks),
       coalesce(s.views + o.views, s.views, h.views, o.views),
       coalesce(s.completed_views + o.completed_views, s.completed_views, h.completed_views, o.completed_views),
       coalesce(s.actions + o.actions, s.actions, h.actions, o.actions),
       coalesce(s.spend + o.spend, s.spend, h.spend, o.spend),
       coalesce(s.hours + o.hours, s.hours, h.hours, o.hours),
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
    select said,
           case when said & 1 <> 0 then gross_impressions end as gross_impressions,
           case when said & 2 <> 0 then general_invalid end as general_invalid,
           case when said & 4 <> 0 then sophisticated_invalid end as sophisticated_invalid,
           case when said & 8 <> 0 then impressions end as impressions,
           case when said & 16 <> 0 then viewable_impressions end as viewable_impressions,
           case when said & 32 <> 0 then clicks end as clicks,
           case when said & 64 <> 0 then views end as views,
           case when said & 128 <> 0 then completed_views end as completed_views,
           case when said & 256 <> 0 then actions end as actions,
           case when said & 512 <> 0 then spend end as spend,
           case when said & 1024 <> 0 then hours end as hours
      from (select f.*, measures_of(f.gross_impressions, f.general_invalid, f.sophisticated_invalid, f.impressions, f.viewable_impressions,
                                    f.clicks, f.views, f.completed_views, f.actions, f.spend, f.hours)
                        & (~ coalesce(f.carried, 0)) as said
              from delivery_fact f
              join delivery_batch b on b.landing = f.landing
             where f.account_id = s.account_id and f.line_id = s.line_id and f.day = s.day and f.source_no = s.source_no
               and f.landing < s.landing and (b.batch_id = $2 or b.released_from = $2)
             order by f.landing desc limit 1) f) o on $2::uuid is not null
