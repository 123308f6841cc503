select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('%s %s', format('billingEntities/ent_%s/numberSeries/ser_%s', replace(s.entity_id::text, '-', ''), replace(s.series_id::text, '-', '')), y.year) as name
          from number_series s join number_series_year y using (series_id)
         where in_scope($1::jsonb, s.entity_id, null, null)
           -- As many numbers as there are from the first to the last, and the next one follows.
           and (select (count(*), min(n.sequence), max(n.sequence)) from issued_number n
                 where (n.series_id, n.year) = (y.series_id, y.year))
               is distinct from (y.next - s.start, s.start, y.next - 1)) as broken
