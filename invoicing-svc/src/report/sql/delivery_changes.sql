select f.account_id, f.line_id, f.day, o.external_id, l.number, to_jsonb(f) as "after!", to_jsonb(p) as "before?",
       (b.mode = 'REPLACE' and p.landing is not null
        and greatest(f.gross_impressions, f.general_invalid, f.sophisticated_invalid, f.impressions, f.viewable_impressions, f.clicks,
                     f.views, f.completed_views, f.actions, f.spend, f.hours) = 0) as "zeroed!"
  from delivery_batch b
  join delivery_fact f on f.landing = b.landing
  join order_line l on l.account_id = f.account_id and l.line_id = f.line_id
  join insertion_order o on o.account_id = l.account_id and o.order_id = l.order_id
  left join lateral (select p.* from delivery_fact p
                      where p.account_id = f.account_id and p.line_id = f.line_id and p.day = f.day and p.source_no = f.source_no
                        and p.landing < f.landing
                      order by p.landing desc limit 1) p on true
 where b.batch_id = $1 and in_scope($2::jsonb, o.entity_id, o.territory, o.account_id)
   and ($3::uuid is null or (f.account_id, f.line_id, f.day) > ($3, $4::uuid, $5::date))
   and (to_jsonb(p) - '{landing,carried}'::text[]) is distinct from (to_jsonb(f) - '{landing,carried}'::text[])
 order by f.account_id, f.line_id, f.day limit $6
