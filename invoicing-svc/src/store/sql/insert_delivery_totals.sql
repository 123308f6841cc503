-- Of the facts of a day the one that landed last holds.
insert into delivery_total (account_id, line_id, source_no, first_day, last_day, gross_impressions, general_invalid,
  sophisticated_invalid, impressions, viewable_impressions, clicks, views, completed_views, actions, days, spend, hours, latest_day)
select account_id, line_id, source_no, first_day, last_day,
       coalesce(sum(gross_impressions), 0), coalesce(sum(general_invalid), 0), coalesce(sum(sophisticated_invalid), 0),
       coalesce(sum(impressions), 0), coalesce(sum(viewable_impressions), 0), coalesce(sum(clicks), 0),
       coalesce(sum(views), 0), coalesce(sum(completed_views), 0), coalesce(sum(actions), 0),
       count(*) filter (where greatest(impressions, viewable_impressions, clicks, views, completed_views, actions, spend, hours) > 0),
       coalesce(sum(spend), 0), coalesce(sum(hours), 0), max(day)
  from (select distinct on (c.account_id, c.line_id, f.source_no, f.day) c.first_day, c.last_day, f.*
          from unnest($1::uuid[], $2::uuid[], $3::date[], $4::date[]) c (account_id, line_id, first_day, last_day)
          join delivery_fact f on f.account_id = c.account_id and f.line_id = c.line_id and f.day between c.first_day and c.last_day
         order by c.account_id, c.line_id, f.source_no, f.day, f.landing desc) held
 group by account_id, line_id, source_no, first_day, last_day
