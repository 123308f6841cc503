select o.external_id, o.revision, o.content_digest,
       (select coalesce(sum(l.amount), 0) from order_line l
         where l.account_id = o.account_id and l.order_id = o.order_id) as "amount!"
  from order_registry r
  join insertion_order o using (account_id, order_id)
 where r.source_system = $1 and r.external_id = any($2)
   and in_scope($3::jsonb, o.entity_id, o.territory, o.account_id)
