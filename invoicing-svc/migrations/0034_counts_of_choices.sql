-- What somebody chose between two counts holds for those counts: what is counted otherwise since is another case.
alter table chosen_outcome
  -- Null where it was chosen before counts were kept: it holds whatever was counted since.
  add column own_count numeric,
  -- Null where the third party had said nothing.
  add column controlling_count numeric;
