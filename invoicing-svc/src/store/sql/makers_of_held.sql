-- Who changed what lines are worth in a period since the draft was rated by which it was billed first: who sent or approved a
-- revision of the order, who changed what an agreement or a credit says, and who sent, typed in or released what was counted or
-- aired in it. Of what was counted and aired the run saw what its snapshot has, of airings as of its day besides.
with held as (
  select h.line_id, h.first_day, h.last_day, l.order_id, billed.snapshot, billed.data_as_of, billed.rated_at
    from unnest($2::uuid[], $3::date[], $4::date[]) as h(line_id, first_day, last_day)
    join order_line l on l.account_id = $1 and l.line_id = h.line_id
   cross join lateral (
      select r.snapshot, r.data_as_of, coalesce(i.rated_at, r.data_as_of) as rated_at
        from billed_to_date b
        join invoice i on i.account_id = b.account_id and i.invoice_id = b.invoice_id
        join billing_run r on r.run_id = i.run_id
       where b.account_id = $1 and b.line_id = h.line_id and b.origin_first = h.first_day and b.basis = 'RATED'
       order by b.recorded_at, b.entry
       limit 1) billed
), landed as (
  select h.line_id, h.first_day, b.received_by, b.released_from
    from held h
    join delivery_fact f on f.account_id = $1 and f.line_id = h.line_id and f.day between h.first_day and h.last_day
    join delivery_batch b on b.landing = f.landing
   -- What landed before batches said their transaction goes by its time.
   where coalesce(not pg_visible_in_snapshot(b.xid, h.snapshot), b.received_at > h.data_as_of)
   union
  select h.line_id, h.first_day, b.received_by, b.released_from
    from held h
    join airing a on a.account_id = $1 and a.line_id = h.line_id and a.day between h.first_day and h.last_day
    join delivery_batch b on b.batch_id = a.batch_id
   where a.recorded_at > h.data_as_of or not coalesce(pg_visible_in_snapshot(b.xid, h.snapshot), true)
), made as (
  select h.line_id, h.first_day, v.received_by as maker
    from held h
    join order_revision v on v.account_id = $1 and v.order_id = h.order_id and v.outcome = 'AMENDED' and v.received_at >= h.rated_at
   union
  select h.line_id, h.first_day, r.maker
    from held h
    join (select account_id, order_id, decided_at, unnest(makers || decided_by) as maker from order_review where state = 'APPROVED') r
      on r.account_id = $1 and r.order_id = h.order_id and r.decided_at >= h.rated_at
   union
  -- No source sends revisions of what was made here.
  select h.line_id, h.first_day, o.synced_by
    from held h
    join insertion_order o on o.account_id = $1 and o.order_id = h.order_id and o.stands_for <> 'SOLD' and o.synced_at >= h.rated_at
   union
  select line_id, first_day, received_by from landed
   union
  select l.line_id, l.first_day, b.received_by from landed l join delivery_batch b on b.batch_id = l.released_from
)
select line_id as "line_id!", first_day as "first_day!", array_agg(maker order by maker) as "makers!"
  from made group by line_id, first_day
