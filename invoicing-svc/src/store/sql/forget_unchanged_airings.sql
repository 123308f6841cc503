delete from arriving_airing r using airing a
 where a.account_id = r.account_id and a.airing_id = r.airing_id and a.superseded_at is null
   and (a.source_row, a.day, a.length_seconds, a.creative, a.status, a.makegood_for, a.made_good_by, a.station)
     = (r.source_row, r.day, r.length_seconds, r.creative, r.status, r.makegood_for, r.made_good_by, r.station)
   and a.time is not distinct from r.time and a.rate is not distinct from r.rate
