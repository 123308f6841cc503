-- Spots that lines of documents bill and that did not air after all, as the document calls them. Without those that are to be made
-- good, and those that were credited.
select s.invoice_id, s.number, l.rate, array_agg(a.spot order by a.spot, a.airing_id) as "spots!"
  from invoice_line l
  join invoice_spot s using (account_id, invoice_id, number)
  join invoice i using (account_id, invoice_id)
  join airing a using (account_id, airing_id, version)
  join airing c on c.account_id = s.account_id and c.airing_id = s.airing_id and c.superseded_at is null
 where l.account_id = $1 and l.line_id = any($2) and l.kind in ('SPOTS', 'MAKEGOOD') and l.rate > 0 and l.quantity > 0
   and i.kind = 'INVOICE' and i.run_id is not null and c.status not in ('AIRED', 'MADE_GOOD')
   and not exists (
     select from invoice_spot later join invoice d using (account_id, invoice_id)
      where later.account_id = s.account_id and later.airing_id = s.airing_id
        and (d.issued_at, later.number) > (i.issued_at, s.number))
   and not exists (select from credited_spot x where x.account_id = s.account_id and x.airing_id = s.airing_id)
   and not exists (select from owed_spot w where w.account_id = s.account_id and w.airing_id = s.airing_id)
 group by s.invoice_id, s.number, l.rate
