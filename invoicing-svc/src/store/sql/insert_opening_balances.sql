-- What another system has billed counts as billed before. It has no price of its own.
insert into billed_to_date (account_id, line_id, entry, basis, kind, origin_first, origin_last, segment_first, rate, units,
  gross, recorded_at)
select account_id, line_id, entry, 'OPENING', kind, origin_first, origin_last, segment_first, 0, units, gross, $2
  from jsonb_to_recordset($1) as said (account_id uuid, line_id uuid, entry integer, kind text, origin_first date,
    origin_last date, segment_first date, units numeric, gross numeric)
