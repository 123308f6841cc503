-- Lists of spots come as text with a line break between two: arrays of arrays must all have one length.
insert into arriving_airing
select account_id, airing_id, 0, order_id, line_id, spot, source_row, day, time, length_seconds, creative, rate, status,
  string_to_array(makegood_for, E'\n'), string_to_array(made_good_by, E'\n'), station
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::int[], $7::date[], $8::time[], $9::int[],
    $10::text[], $11::numeric[], $12::text[], $13::text[], $14::text[], $15::text[])
    as arriving (account_id, airing_id, order_id, line_id, spot, source_row, day, time, length_seconds, creative, rate,
      status, makegood_for, made_good_by, station)
