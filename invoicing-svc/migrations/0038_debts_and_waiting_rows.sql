-- A debt of delivery holds for the counts that it was decided on, and rows that wait are found without reading those that do not.

alter table owed_shortfall
  -- What both counted when it was chosen. Null where that was not kept: it is owed whatever was counted since.
  add column own_count numeric,
  add column controlling_count numeric;
update owed_shortfall s set own_count = c.own_count, controlling_count = c.controlling_count
  from chosen_outcome c
 where c.account_id = s.account_id and c.line_id = s.line_id and c.origin_first = s.origin_first
   and c.outcome = 'MAKEGOOD' and c.chosen_at = s.owed_at;

-- By batch, and first those of which nobody knows whose they are.
create index quarantined_row_waiting on quarantined_row (account_id, batch_id, reason, row) where released_by is null;
