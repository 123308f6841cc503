-- The documents that billed what is held stand beside it: whoever corrects it begins with them.
select e.shard, e.ordinal, e.exception_id, e.revision, e.state, e.severity, e.reason, e.message, e.account_id, e.order_id as "order_id!",
       e.invoice_id, e.line_number, e.origin_first, e.origin_last, e.currency, e.amount, e.owner, e.opened_at, e.due_on, e.outcomes,
       e.outcome, e.changes, e.taken_back, e.makers, e.cause, e.resolution, e.settled_by, e.settled_at,
       array(select distinct b.invoice_id from billed_to_date b
              where e.reason = 'NEGATIVE_DELTA' and b.account_id = e.account_id and b.line_id = e.line_id
                and b.origin_first = e.origin_first and b.basis = 'RATED'
              order by b.invoice_id) as "billed_by!: Vec<Uuid>"
  from billing_exception e
  join insertion_order o on (o.account_id, o.order_id) = (e.account_id, e.order_id)
 where e.run_id = $1 and ($2::int is null or (e.shard, e.ordinal) > ($2, $3::int))
   and ($4::uuid is null or e.exception_id = $4)
   and ($5::text is null or e.state = $5) and ($6::text is null or e.severity = $6) and ($7::text is null or e.reason = $7)
   and ($8::uuid is null or e.account_id = $8)
   and in_scope($9::jsonb, o.entity_id, o.territory, o.account_id)
 order by e.shard, e.ordinal
 limit $10
