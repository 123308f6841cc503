-- The orders in which something was missed or made good, in the order of their places; those that are named in any case.
select o.account_id, o.order_id, o.external_id, o.currency, o.entity_id, e.rounding, e.time_zone, e.makegood_days
  from insertion_order o
  join billing_entity e using (entity_id)
 where ($1::uuid is null or o.account_id = $1) and (cardinality($2::uuid[]) = 0 or o.order_id = any($2))
   and ($3::uuid is null or (o.account_id, o.order_id) >= ($3, $4::uuid))
   and in_scope($5::jsonb, o.entity_id, o.territory, o.account_id)
   and (cardinality($2) > 0
        or exists (select from airing a
                 where a.account_id = o.account_id and a.order_id = o.order_id and a.superseded_at is null
                   and (a.status = 'MADE_GOOD' or a.makegood_for <> '{}'))
        or exists (select from credited_spot c where c.account_id = o.account_id and c.order_id = o.order_id)
        or exists (select from makegood_release r where r.account_id = o.account_id and r.order_id = o.order_id)
        or exists (select from owed_spot w where w.account_id = o.account_id and w.order_id = o.order_id)
        or exists (select from owed_shortfall s where s.account_id = o.account_id and s.order_id = o.order_id))
 order by o.account_id, o.order_id
 limit $6
