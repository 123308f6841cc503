-- The spots behind the lines of a document, in the version in which they were billed. A spot without a rate of its own
-- has that of its line. $3 is the account to which they were delivered.
with spot as (
  select s.account_id, s.number, s.ordinal, s.airing_id, s.version, l.rate
    from draft_spot s join draft_line l using (account_id, invoice_id, number)
   where s.account_id = $1 and s.invoice_id = $2
   union all
  select s.account_id, s.number, s.ordinal, s.airing_id, s.version, l.rate
    from invoice_spot s join invoice_line l using (account_id, invoice_id, number)
   where s.account_id = $1 and s.invoice_id = $2
)
select s.number as "number!", s.airing_id as "airing_id!", a.day as "day!", a.time as "time?", a.length_seconds as "length_seconds!",
       a.creative as "creative!", coalesce(a.rate, s.rate) as "rate!", coalesce(nullif(a.station, ''), l.station) as "station!",
       l.program as "program!", a.makegood_for as "makegood_for!", a.spot as "spot!"
  from spot s
  join airing a on a.account_id = $3 and (a.airing_id, a.version) = (s.airing_id, s.version)
  join order_line l on l.account_id = $3 and l.line_id = a.line_id
 order by s.number, s.ordinal
