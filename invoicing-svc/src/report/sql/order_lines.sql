select l.* from order_line l
  join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id) using (account_id, order_id)
 order by l.account_id, l.order_id, l.ordinal
