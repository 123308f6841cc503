select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('billingRuns/run_%s', replace(r.run_id::text, '-', '')) as name
          from billing_run r
         where in_scope($1::jsonb, r.entity_id, null, null) and r.started_by = any(string_to_array(r.approved_by, ', '))) as broken
