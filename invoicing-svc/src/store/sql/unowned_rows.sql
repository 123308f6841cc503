-- Rows that wait and of which nobody knows whose they are ($2, $3: as the caller may see them), by reason, with what is wrong with the
-- first of them; what a later batch has said since waits for nothing. Of a batch they are counted in the index; only what is told is read.
with systems as materialized (
  select distinct source_system from insertion_order where account_id = $1
), batches as materialized (
  select b.batch_id, b.received_at from delivery_batch b
   where b.rows_quarantined > 0 and b.order_source_system in (select source_system from systems)
     and ($2::jsonb is null or b.received_by = $3)
), counted as (
  select w.reason, w.rows, b.received_at, b.batch_id, w.first_row
    from batches b
   cross join lateral (
      select q.reason, count(*) as rows, min(q.row) as first_row from quarantined_row q
       where q.account_id is null and q.batch_id = b.batch_id and q.released_by is null and q.reason <> 'SAID_SINCE'
       group by q.reason) w
), oldest as (
  select distinct on (reason) reason, batch_id, first_row, received_at from counted order by reason, received_at, batch_id
)
select f.reason as "reason!", q.message as "message!", (select sum(c.rows)::bigint from counted c where c.reason = f.reason) as "rows!",
       f.received_at as "received_at?"
  from oldest f
  join quarantined_row q on q.batch_id = f.batch_id and q.row = f.first_row
 order by f.reason
