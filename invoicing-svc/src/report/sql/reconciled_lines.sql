-- Of each line what holds on the days that the source names; then the lines that it has said something of on any of these
-- days, and that it does not name.
with sent as (
  select * from unnest($4::text[], $5::text[], $6::date[], $7::date[], $8::text[]) s (order_no, line_no, first_day, last_day, amount)
), line as (
  select r.external_id as order_no, l.number as line_no, l.account_id, l.line_id
    from order_registry r
    join insertion_order o on o.account_id = r.account_id and o.order_id = r.order_id
    join order_line l on l.account_id = o.account_id and l.order_id = o.order_id
   where r.source_system = $2 and in_scope($9::jsonb, o.entity_id, o.territory, o.account_id)
)
select s.order_no as "order_no!", s.line_no as "line_no!", s.first_day as "first_day!", s.last_day as "last_day!",
       coalesce(nullif(s.amount, ''), '0')::numeric as "sent?", k.amount as "known?"
  from sent s
  left join line l on l.order_no = s.order_no and l.line_no = s.line_no
  left join lateral (
    select sum((to_jsonb(h) ->> $3)::numeric) as amount
      from (select distinct on (f.day) f.* from delivery_fact f
             where f.account_id = l.account_id and f.line_id = l.line_id and f.day between s.first_day and s.last_day
               and f.source_no = (select source_no from delivery_source where source = $1)
             order by f.day, f.landing desc) h) k on true
union all
select l.order_no, l.line_no, t.first_day, t.latest_day, null, sum((to_jsonb(t) ->> $3)::numeric)
  from delivery_total t
  join delivery_source d on d.source_no = t.source_no and d.source = $1
  join line l on l.account_id = t.account_id and l.line_id = t.line_id
 where t.first_day <= (select max(last_day) from sent) and t.latest_day >= (select min(first_day) from sent)
   and (l.order_no, l.line_no) not in (select order_no, line_no from sent)
 group by 1, 2, 3, 4
 order by 1, 2, 3
