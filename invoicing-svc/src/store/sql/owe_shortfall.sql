-- What the own count would have billed beyond what bills, as it was shown to whoever chose.
insert into owed_shortfall as known (account_id, line_id, origin_first, origin_last, order_id, airing_id, amount, reason, owed_by, owed_at)
select e.account_id, e.line_id, e.origin_first, e.origin_last, e.order_id, $2, own.amount - made.amount, $3, $4, $5
  from billing_exception e
 cross join lateral (select (o ->> 'amount')::numeric as amount from jsonb_array_elements(e.outcomes) o where o ->> 'outcome' = 'OWN') own
 cross join lateral (select (o ->> 'amount')::numeric as amount from jsonb_array_elements(e.outcomes) o where o ->> 'outcome' = 'MAKEGOOD') made
 where e.exception_id = $1 and own.amount > made.amount
on conflict (account_id, line_id, origin_first) do update set
  origin_last = excluded.origin_last, amount = excluded.amount, reason = excluded.reason, owed_by = excluded.owed_by,
  owed_at = excluded.owed_at
