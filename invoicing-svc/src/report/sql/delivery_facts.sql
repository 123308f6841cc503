-- Of a day the newest version comes first, and is the one that holds.
select l.line_id, l.number, o.external_id, f.day, f.source_no, f.landing, s.source, b.batch_id, b.received_at, f.gross_impressions,
       f.general_invalid, f.sophisticated_invalid, f.impressions, f.viewable_impressions, f.clicks, f.views, f.completed_views,
       f.actions, f.spend, f.hours, n.landing is null as "holds!"
  from insertion_order o
  join order_line l on l.account_id = o.account_id and l.order_id = o.order_id and ($3::text is null or l.number = $3)
  join delivery_fact f on f.account_id = l.account_id and f.line_id = l.line_id
  join delivery_source s on s.source_no = f.source_no
  join delivery_batch b on b.landing = f.landing
  left join lateral (select n.landing from delivery_fact n
                      where n.account_id = f.account_id and n.line_id = f.line_id and n.day = f.day and n.source_no = f.source_no
                        and n.landing > f.landing limit 1) n on true
 where o.account_id = $1 and o.order_id = $2 and ($4 or n.landing is null)
   and ($5::uuid is null or (f.line_id, f.day, f.source_no, -f.landing) > ($5, $6::date, $7::int, -$8::bigint))
 order by f.line_id, f.day, f.source_no, -f.landing limit $9
