-- Only lines worth a word: the product is not live, or what a source counts by day ends before the line does.
select l.line_id, l.number, p.code as product, p.state, l.flight_first, least(l.flight_last, $3) as "deliver_until!: jiff_sqlx::Date",
       t.latest as "latest?: jiff_sqlx::Date"
  from insertion_order o
  join order_line l using (account_id, order_id)
  join ad_product p using (product_id)
  left join (select account_id, line_id, max(latest_day) as latest from delivery_total
              where account_id = any($2) group by account_id, line_id) as t using (account_id, line_id)
 where o.entity_id = $1 and o.account_id = any($2) and l.flight_first <= $3
   and (p.state <> 'LIVE' or t.latest < least(l.flight_last, $3))
