-- What changed after the review that was approved is not what was approved: it waits, and the next run bills it.
with changed as (
  update draft set waiting = true
   where run_id = $1 and not waiting and since > $2
  returning account_id, invoice_id, entity_id, order_id, currency, total
)
insert into billing_exception (run_id, shard, ordinal, entity_id, opened_at, exception_id, severity, reason, message, account_id,
                               order_id, invoice_id, currency, amount, due_on)
select $1, (select least(min(e.shard), -1) - 1 from billing_exception e where e.run_id = $1),
       row_number() over (order by account_id, invoice_id), entity_id, $3, gen_random_uuid(), 'BLOCK', $5, $6,
       account_id, order_id, invoice_id, currency, total, $4
  from changed
