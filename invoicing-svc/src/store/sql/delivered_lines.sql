-- What is delivered after a line was closed is out of its flight. Of which days the source ($4) has said something, the totals know.
select r.external_id, o.account_id, o.order_id, o.row_revision, o.billing_calendar, o.billing_cycle, o.flight_last as order_last,
       e.fiscal_calendar,
       l.line_id, l.number, l.flight_first as first_day, greatest(l.flight_first, least(l.flight_last, l.closed_on)) as "last_day!: jiff_sqlx::Date",
       (select max(t.latest_day) from delivery_total t
         where t.account_id = l.account_id and t.line_id = l.line_id and t.source_no = $4) as "latest?: jiff_sqlx::Date",
       array(select s.first_day from term_segment s where s.account_id = l.account_id and s.line_id = l.line_id order by s.first_day) as "segment_firsts!: Vec<jiff_sqlx::Date>",
       array(select s.last_day from term_segment s where s.account_id = l.account_id and s.line_id = l.line_id order by s.first_day) as "segment_lasts!: Vec<jiff_sqlx::Date>"
  from order_registry r
  join insertion_order o using (account_id, order_id)
  join billing_entity e using (entity_id)
  join order_line l using (account_id, order_id)
 where r.source_system = $1 and r.external_id = any($2)
   and in_scope($3::jsonb, o.entity_id, o.territory, o.account_id)
