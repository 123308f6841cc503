insert into order_line (account_id, order_id, line_id, number, ordinal, product_id, description, flight_first, flight_last,
       pricing_model, schedule, amount, list_amount, cap_kind, station, program, spot_length_seconds, terms_digest)
select $2, made.order_id, made.line_id, l.number, l.ordinal, l.product_id, l.description, l.flight_first, l.flight_last,
       l.pricing_model, l.schedule, 0, 0, 'UNCAPPED', l.station, l.program, l.spot_length_seconds, ''
  from order_line l
  join unnest($3::uuid[], $4::uuid[], $5::uuid[]) as made(of_line, order_id, line_id) on made.of_line = l.line_id
 where l.account_id = $1
on conflict (account_id, line_id) do nothing
