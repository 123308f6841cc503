-- The terms of a line are one segment, from its first day on.
select l.account_id, l.order_id, l.line_id, l.number, l.product_id, l.description, l.flight_first, l.flight_last,
       l.pricing_model, l.schedule, l.amount, l.cap_kind, l.cap_percent, l.cap_budget, l.station, l.program,
       l.spot_length_seconds, s.rate as "rate?", s.booked_units as "booked_units?"
  from order_line l
  join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id) using (account_id, order_id)
  left join term_segment s on s.account_id = l.account_id and s.line_id = l.line_id and s.first_day = l.flight_first
 order by l.account_id, l.order_id, l.ordinal
