-- The days, as places in the list, of which a later landing says a measure that the row says as well. What it took over from the
-- fact before it is not said by it; and a batch that replaces says all, as does what is released from one. Where rows are added up,
-- what was released from the same batch ($7) says nothing against the rest of it.
select n.place - 1 as "place!"
  from unnest($1::uuid[], $2::uuid[], $3::date[], $4::integer[]) with ordinality n (account_id, line_id, day, measures, place)
 where exists (
    select from delivery_fact f
      join delivery_batch b on b.landing = f.landing
      left join delivery_batch origin on origin.batch_id = b.released_from
     where f.account_id = n.account_id and f.line_id = n.line_id and f.day = n.day and f.source_no = $5 and f.landing > $6
       and ($7::uuid is null or b.released_from is distinct from $7)
       and (b.mode = 'REPLACE' or origin.mode = 'REPLACE'
            or (measures_of(f.gross_impressions, f.general_invalid, f.sophisticated_invalid, f.impressions, f.viewable_impressions,
                            f.clicks, f.views, f.completed_views, f.actions, f.spend, f.hours)
                & (~ coalesce(f.carried, 0)) & n.measures) <> 0))
