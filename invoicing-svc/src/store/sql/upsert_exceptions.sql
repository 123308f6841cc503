-- What was settled stays so while the same is found; what says something else is open again. What is found again as it was keeps
-- its revision. Answers the drafts that wait.
insert into billing_exception as known (run_id, shard, ordinal, entity_id, opened_at, exception_id, severity, reason, message,
  account_id, order_id, invoice_id, line_id, line_number, origin_first, origin_last, currency, amount, due_on, cause, changes,
  outcomes, taken_back, makers)
select $1, $2, ordinality, $3, $4, exception_id, severity, reason, message, account_id, order_id, invoice_id, line_id,
       line_number, origin_first, origin_last, currency, amount, due_on, cause, changes, outcomes, taken_back,
       array(select jsonb_array_elements_text(found.makers))
  from unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[], $13::text[],
              $14::date[], $15::date[], $16::text[], $17::numeric[], $18::date[], $19::text[], $20::jsonb[], $21::jsonb[], $22::jsonb[],
              $23::jsonb[])
  with ordinality as found(exception_id, severity, reason, message, account_id, order_id, invoice_id, line_id, line_number,
                           origin_first, origin_last, currency, amount, due_on, cause, changes, outcomes, taken_back, makers, ordinality)
on conflict (exception_id) do update set
  shard = excluded.shard, ordinal = excluded.ordinal, severity = excluded.severity, message = excluded.message,
  invoice_id = excluded.invoice_id, origin_first = excluded.origin_first, origin_last = excluded.origin_last,
  currency = excluded.currency, amount = excluded.amount, cause = excluded.cause, changes = excluded.changes,
  outcomes = excluded.outcomes, taken_back = excluded.taken_back, makers = excluded.makers,
  revision = known.revision + case when known.state = 'RESOLVED'
    or (known.severity, known.message, known.invoice_id, known.currency, known.amount, known.cause, known.changes, known.outcomes,
        known.taken_back, known.makers)
       is distinct from (excluded.severity, excluded.message, excluded.invoice_id, excluded.currency, excluded.amount, excluded.cause,
                         excluded.changes, excluded.outcomes, excluded.taken_back, excluded.makers) then 1 else 0 end,
  state = case when known.state = 'OVERRIDDEN' and known.message = excluded.message then 'OVERRIDDEN' else 'OPEN' end,
  resolution = case when known.state = 'OVERRIDDEN' and known.message = excluded.message then known.resolution end,
  settled_by = case when known.state = 'OVERRIDDEN' and known.message = excluded.message then known.settled_by end,
  settled_at = case when known.state = 'OVERRIDDEN' and known.message = excluded.message then known.settled_at end
returning case when state = 'OPEN' and severity = 'BLOCK' then invoice_id end as "invoice_id?"
