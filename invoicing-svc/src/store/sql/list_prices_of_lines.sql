-- The lowest price of each line after discount beside the list price of its product on its first day: its market's card, or
-- that of all markets. Of a fee it is the fee, of spots what one is booked for, of tiers there is none.
select l.line_id, l.number, p.code as product, e.rate_card_tolerance_percent as "tolerance!", c.list_price as "list_price!",
       price.lowest as "price!"
  from billing_entity e
  join insertion_order o using (entity_id)
  join order_line l using (account_id, order_id)
  join ad_product p using (product_id)
  cross join lateral (select list_price from rate_card c
                       where c.product_id = l.product_id and c.currency = o.currency and c.market in (o.territory, '')
                         and l.flight_first between c.valid_first and coalesce(c.valid_last, 'infinity')
                       order by c.market = '' limit 1) c
  cross join lateral (select case l.pricing_model
                               when 'FLAT_FEE' then l.amount
                               when 'PER_SPOT' then l.amount / nullif(l.booked_units, 0)
                               else (select min(s.rate * (100 - coalesce(s.discount_percent, 0)) / 100) from term_segment s
                                      where s.account_id = l.account_id and s.line_id = l.line_id and s.tiers is null)
                             end as lowest) price
 where e.entity_id = $1 and e.rate_card_tolerance_percent is not null and o.account_id = any($2)
   and price.lowest < c.list_price
