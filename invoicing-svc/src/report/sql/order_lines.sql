-- Tiers are those of the last segment, which are the ones that were said last.
select l.*, (select s.tiers from term_segment s where s.account_id = l.account_id and s.line_id = l.line_id
              order by s.first_day desc limit 1) as tiers
  from order_line l
  join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id) using (account_id, order_id)
 order by l.account_id, l.order_id, l.ordinal
