-- Who changed what lines are worth in a period since it was billed: who sent or approved a revision of the order, and who sent,
-- typed in or released what was counted or aired in it.
with held as (
  select h.line_id, h.first_day, h.last_day, l.order_id,
         (select min(b.recorded_at) from billed_to_date b
           where b.account_id = $1 and b.line_id = h.line_id and b.origin_first = h.first_day and b.basis = 'RATED') as billed_at
    from unnest($2::uuid[], $3::date[], $4::date[]) as h(line_id, first_day, last_day)
    join order_line l on l.account_id = $1 and l.line_id = h.line_id
), landed as (
  select h.line_id, h.first_day, b.received_by, b.released_from
    from held h
    join delivery_fact f on f.account_id = $1 and f.line_id = h.line_id and f.day between h.first_day and h.last_day
    join delivery_batch b on b.landing = f.landing and b.received_at >= h.billed_at
   union
  select h.line_id, h.first_day, b.received_by, b.released_from
    from held h
    join airing a on a.account_id = $1 and a.line_id = h.line_id and a.day between h.first_day and h.last_day
    join delivery_batch b on b.batch_id = a.batch_id and b.received_at >= h.billed_at
), made as (
  select h.line_id, h.first_day, v.received_by as maker
    from held h
    join order_revision v on v.account_id = $1 and v.order_id = h.order_id and v.outcome = 'AMENDED' and v.received_at >= h.billed_at
   union
  select h.line_id, h.first_day, r.maker
    from held h
    join (select account_id, order_id, decided_at, unnest(makers || decided_by) as maker from order_review where state = 'APPROVED') r
      on r.account_id = $1 and r.order_id = h.order_id and r.decided_at >= h.billed_at
   union
  select line_id, first_day, received_by from landed
   union
  select l.line_id, l.first_day, b.received_by from landed l join delivery_batch b on b.batch_id = l.released_from
)
select line_id as "line_id!", first_day as "first_day!", array_agg(maker order by maker) as "makers!"
  from made group by line_id, first_day
