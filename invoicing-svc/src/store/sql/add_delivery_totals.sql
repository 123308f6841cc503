insert into delivery_total as t (account_id, line_id, source_no, first_day, last_day, gross_impressions, general_invalid,
  sophisticated_invalid, impressions, viewable_impressions, clicks, views, completed_views, actions, days, spend, hours, latest_day)
select account_id, line_id, $1, first_day, last_day, gross_impressions, general_invalid, sophisticated_invalid, impressions,
       viewable_impressions, clicks, views, completed_views, actions, days, spend, hours, latest_day
  from unnest($2::uuid[], $3::uuid[], $4::date[], $5::date[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
              $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::numeric[], $17::numeric[], $18::date[])
    as said (account_id, line_id, first_day, last_day, gross_impressions, general_invalid, sophisticated_invalid, impressions,
             viewable_impressions, clicks, views, completed_views, actions, days, spend, hours, latest_day)
    on conflict (account_id, line_id, source_no, first_day) do update set
       gross_impressions = t.gross_impressions + excluded.gross_impressions,
       general_invalid = t.general_invalid + excluded.general_invalid,
       sophisticated_invalid = t.sophisticated_invalid + excluded.sophisticated_invalid,
       impressions = t.impressions + excluded.impressions,
       viewable_impressions = t.viewable_impressions + excluded.viewable_impressions,
       clicks = t.clicks + excluded.clicks,
       views = t.views + excluded.views,
       completed_views = t.completed_views + excluded.completed_views,
       actions = t.actions + excluded.actions,
       days = t.days + excluded.days,
       spend = t.spend + excluded.spend,
       hours = t.hours + excluded.hours,
       latest_day = greatest(t.latest_day, excluded.latest_day)
