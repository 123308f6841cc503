select distinct t.account_id, l.order_id, t.line_id
  from delivery_total t
  join order_line l on l.account_id = t.account_id and l.line_id = t.line_id
  join insertion_order o on o.account_id = l.account_id and o.order_id = l.order_id
 where t.source_no = $1 and t.first_day <= $3 and t.latest_day >= $2
   and o.source_system = $4 and in_scope($5::jsonb, o.entity_id, o.territory, o.account_id)
