select o.order_id, o.external_id, o.revision, o.content_digest, coalesce(l.amount, 0) as "amount!"
  from insertion_order o
  left join (select account_id, order_id, sum(amount) as amount from order_line group by account_id, order_id) l
    using (account_id, order_id)
 where o.source_system = $1 and in_scope($2::jsonb, o.entity_id, o.territory, o.account_id)
 order by o.external_id
