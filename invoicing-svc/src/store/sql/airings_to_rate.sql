-- The airings of a shard's lines as they were known at $3, with the position under which the latest document lists each.
with known as (
  select a.*
    from airing a join insertion_order o using (account_id, order_id)
   where o.entity_id = $1 and a.account_id = any($2)
     and a.recorded_at <= $3 and (a.superseded_at is null or a.superseded_at > $3)
), listed as (
  select distinct on (s.account_id, s.airing_id)
         s.account_id, s.airing_id, l.origin_first, l.origin_last, l.kind, l.segment_first, l.rate
    from invoice_spot s
    join invoice_line l using (account_id, invoice_id, number)
    join invoice i using (account_id, invoice_id)
   where s.account_id = any($2)
   order by s.account_id, s.airing_id, i.issued_at desc, l.number desc
)
select k.line_id, k.airing_id, k.version, k.day, k.time, k.source_row, k.rate, k.status, k.makegood_for, k.creative,
       listed.origin_first as "billed_first?", listed.origin_last as "billed_last?", listed.kind as "billed_kind?",
       listed.segment_first as "billed_segment?", listed.rate as "billed_rate?",
       -- What this spot makes good stands on a document already, and not only as over-delivery at 0.
       exists (select from known missed join listed on (listed.account_id, listed.airing_id) = (missed.account_id, missed.airing_id)
                where (missed.account_id, missed.order_id) = (k.account_id, k.order_id)
                  and listed.kind in ('SPOTS', 'MAKEGOOD')
                  and missed.spot = any(k.makegood_for)) as "missed_was_billed!",
       -- This spot did not air, stands on a document, and one that aired makes it good.
       k.status <> 'AIRED' and coalesce(listed.kind in ('SPOTS', 'MAKEGOOD'), false)
         and exists (select from known good
                      where (good.account_id, good.order_id) = (k.account_id, k.order_id)
                        and good.status = 'AIRED' and k.spot = any(good.makegood_for)) as "made_good_free!"
  from known k left join listed on (listed.account_id, listed.airing_id) = (k.account_id, k.airing_id)
 order by k.line_id, k.airing_id
