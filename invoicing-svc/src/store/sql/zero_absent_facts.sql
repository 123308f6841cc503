-- Of each day only what holds; a measure that was never counted stays so, and what is zero already is left alone.
with zeroed as (
insert into delivery_fact
select account_id, line_id, day, source_no, $6, gross_impressions * 0, general_invalid * 0, sophisticated_invalid * 0, impressions * 0,
       viewable_impressions * 0, clicks * 0, views * 0, completed_views * 0, actions * 0, spend * 0, hours * 0
  from (select distinct on (f.account_id, f.line_id, f.day) f.*
          from unnest($1::uuid[], $2::uuid[]) l (account_id, line_id)
          join delivery_fact f on f.account_id = l.account_id and f.line_id = l.line_id and f.day between $3 and $4 and f.source_no = $5
         order by f.account_id, f.line_id, f.day, f.landing desc) held
 where landing < $6
   and greatest(gross_impressions, general_invalid, sophisticated_invalid, impressions, viewable_impressions, clicks, views,
                completed_views, actions, spend, hours) > 0
returning account_id, line_id)
select account_id, line_id, count(*) as "days!" from zeroed group by account_id, line_id
