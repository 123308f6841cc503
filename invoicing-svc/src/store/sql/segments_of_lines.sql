-- What is delivered after a line was closed is not billed: no segment reaches beyond that day.
select l.account_id, l.line_id, o.billing_calendar, o.billing_cycle, o.flight_last as order_last, e.fiscal_calendar,
       s.first_day, least(s.last_day, l.closed_on) as "last_day!"
  from unnest($1::uuid[], $2::uuid[]) named (account_id, line_id)
  join order_line l on l.account_id = named.account_id and l.line_id = named.line_id
  join insertion_order o on o.account_id = l.account_id and o.order_id = l.order_id
  join billing_entity e using (entity_id)
  join term_segment s on s.account_id = l.account_id and s.line_id = l.line_id
 where s.first_day <= coalesce(l.closed_on, s.first_day)
