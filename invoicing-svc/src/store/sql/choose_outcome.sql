-- What somebody chose of what an exception offers, for the counts that it shows.
insert into chosen_outcome (account_id, line_id, reason, origin_first, outcome, chosen_by, chosen_at, own_count, controlling_count)
select e.account_id, e.line_id, e.reason, e.origin_first, $2, $3, $4,
       (select (o ->> 'units')::numeric from jsonb_array_elements(e.outcomes) o where o ->> 'outcome' = 'OWN'),
       (select (o ->> 'units')::numeric from jsonb_array_elements(e.outcomes) o where o ->> 'outcome' = 'CONTROLLING')
  from billing_exception e
 where e.exception_id = $1
on conflict (account_id, line_id, reason, origin_first) do update set
  outcome = excluded.outcome, chosen_by = excluded.chosen_by, chosen_at = excluded.chosen_at, own_count = excluded.own_count,
  controlling_count = excluded.controlling_count
