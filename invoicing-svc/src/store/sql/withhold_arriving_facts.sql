-- Rows of days of which another row is in the quarantine go there as well: what is added up is not added up in part. The record of a
-- file is kept as it came; a message as the JSON that its contract makes of it.
with withheld as (
  delete from arriving_fact a
   using unnest($2::uuid[], $3::uuid[], $4::date[], $5::date[], $6::text[], $7::text[]) w (account_id, line_id, first_day, last_day, reason, message)
   where a.account_id = w.account_id and a.line_id = w.line_id and a.day between w.first_day and w.last_day
  returning a.*, w.reason, w.message)
insert into quarantined_row (batch_id, row, column_name, reason, message, content, account_id, order_id)
select $1, w.number, '', w.reason, w.message,
       coalesce(w.record, json_strip_nulls(json_build_object(
         'order', o.external_id, 'line', l.number,
         'date', json_build_object('year', date_part('year', w.day)::integer, 'month', date_part('month', w.day)::integer,
                                   'day', date_part('day', w.day)::integer),
         'grossImpressions', w.gross_impressions::text, 'generalInvalid', w.general_invalid::text,
         'sophisticatedInvalid', w.sophisticated_invalid::text, 'impressions', w.impressions::text,
         'viewableImpressions', w.viewable_impressions::text, 'clicks', w.clicks::text, 'views', w.views::text,
         'completedViews', w.completed_views::text, 'actions', w.actions::text, 'spend', w.spend::text, 'hours', w.hours::text))::text),
       w.account_id, l.order_id
  from withheld w
  join order_line l on l.account_id = w.account_id and l.line_id = w.line_id
  join insertion_order o on o.account_id = l.account_id and o.order_id = l.order_id
