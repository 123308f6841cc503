-- Of each day only what holds; a measure that was never counted stays so, and what is zero already is left alone, as is a day of
-- which a row waits in the quarantine.
with held as (
  select distinct on (f.account_id, f.line_id, f.day) f.*
    from unnest($1::uuid[], $2::uuid[]) l (account_id, line_id)
    join delivery_fact f on f.account_id = l.account_id and f.line_id = l.line_id and f.day between $3 and $4 and f.source_no = $5
   order by f.account_id, f.line_id, f.day, f.landing desc
), waiting as (
  select distinct h.account_id, h.line_id, h.day
    from held h
    join unnest($7::uuid[], $8::uuid[], $9::date[], $10::date[]) q (account_id, line_id, first_day, last_day)
      on q.account_id = h.account_id and q.line_id = h.line_id and h.day between q.first_day and q.last_day
), absent as (
  select h.*, w.day is not null as waits
    from held h
    left join waiting w on w.account_id = h.account_id and w.line_id = h.line_id and w.day = h.day
   where h.landing < $6
     and greatest(gross_impressions, general_invalid, sophisticated_invalid, impressions, viewable_impressions, clicks, views,
                  completed_views, actions, spend, hours) > 0
), zeroed as (
  insert into delivery_fact
  select account_id, line_id, day, source_no, $6, gross_impressions * 0, general_invalid * 0, sophisticated_invalid * 0,
         impressions * 0, viewable_impressions * 0, clicks * 0, views * 0, completed_views * 0, actions * 0, spend * 0, hours * 0
    from absent where not waits)
select account_id as "account_id!", line_id as "line_id!", count(*) filter (where not waits) as "days!", count(*) filter (where waits) as "kept!"
  from absent group by account_id, line_id
