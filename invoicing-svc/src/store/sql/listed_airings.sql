-- The position under which the latest document lists each airing of the accounts.
select distinct on (s.account_id, s.airing_id)
       s.airing_id, l.origin_first, l.origin_last, l.kind, l.segment_first, l.rate, l.price_base
  from invoice_spot s
  join invoice_line l using (account_id, invoice_id, number)
  join invoice i using (account_id, invoice_id)
 where s.account_id = any($1)
 order by s.account_id, s.airing_id, i.issued_at desc, l.number desc
