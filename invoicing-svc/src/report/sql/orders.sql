select o.*, e.rounding,
       (select coalesce(sum(l.amount), 0) from order_line l
         where l.account_id = o.account_id and l.order_id = o.order_id) as "gross!",
       (select coalesce(sum(l.booked_units), 0) from order_line l
         where l.account_id = o.account_id and l.order_id = o.order_id) as "units!"
  from insertion_order o
  join billing_entity e using (entity_id)
 where ($1::uuid is null or o.account_id = $1) and (cardinality($2::uuid[]) = 0 or o.order_id = any($2))
   and ($3::text is null or o.source_system = $3) and ($4::text is null or o.external_id = $4)
   and ($5::uuid is null or (o.account_id, o.order_id) > ($5, $6::uuid))
   and in_scope($7::jsonb, o.entity_id, o.territory, o.account_id)
 order by o.account_id, o.order_id
 limit $8
