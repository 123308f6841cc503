-- What holds of each of the days, as places in the list.
select n.place - 1 as "place!", h.gross_impressions as "gross_impressions?", h.general_invalid as "general_invalid?",
       h.sophisticated_invalid as "sophisticated_invalid?", h.impressions as "impressions?",
       h.viewable_impressions as "viewable_impressions?", h.clicks as "clicks?", h.views as "views?",
       h.completed_views as "completed_views?", h.actions as "actions?", h.spend as "spend?", h.hours as "hours?"
  from unnest($1::uuid[], $2::uuid[], $3::date[]) with ordinality n (account_id, line_id, day, place)
 cross join lateral (
    select f.* from delivery_fact f
     where f.account_id = n.account_id and f.line_id = n.line_id and f.day = n.day and f.source_no = $4
     order by f.landing desc limit 1) h
