-- The airings of the accounts as they were known at $2. By version, not by when each was superseded: whatever landed
-- when, a spot is known once. Those of other entities' orders come too: without statistics, which airings that have just
-- landed do not have, a join with their orders can take a pass over all airings for each order.
select distinct on (account_id, airing_id)
       order_id, line_id, airing_id, version, spot, day, time, source_row, rate, status, makegood_for, creative
  from airing
 where account_id = any($1) and recorded_at <= $2
 order by account_id, airing_id, version desc
