-- What the own count would have billed beyond what bills, as it was shown to whoever chose, for the counts that they saw.
insert into owed_shortfall (account_id, line_id, origin_first, origin_last, order_id, airing_id, amount, reason, owed_by, owed_at,
  own_count, controlling_count)
select e.account_id, e.line_id, e.origin_first, e.origin_last, e.order_id, $2, own.amount - made.amount, $3, $4, $5, own.units, made.units
  from billing_exception e
 cross join lateral (select (o ->> 'amount')::numeric as amount, (o ->> 'units')::numeric as units
                       from jsonb_array_elements(e.outcomes) o where o ->> 'outcome' = 'OWN') own
 cross join lateral (select (o ->> 'amount')::numeric as amount, (o ->> 'units')::numeric as units
                       from jsonb_array_elements(e.outcomes) o where o ->> 'outcome' = 'MAKEGOOD') made
 where e.exception_id = $1 and own.amount > made.amount
