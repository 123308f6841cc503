-- Spots that a credit note names by lines of a document: those that the line bills, and no later document does.
select n.number as "number!", n.name as "name!", b.airing_id as "airing_id?", b.order_id as "order_id?",
       exists (select from credited_spot c where c.account_id = $1 and c.airing_id = b.airing_id) as "is_credited!"
  from unnest($3::int[], $4::text[]) with ordinality as n (number, name, ordinality)
  left join lateral (
    select a.airing_id, a.order_id
      from invoice_spot s
      join invoice_line l using (account_id, invoice_id, number)
      join invoice i using (account_id, invoice_id)
      join airing a using (account_id, airing_id, version)
     where s.account_id = $1 and s.invoice_id = $2 and s.number = n.number and a.spot = n.name
       and l.kind in ('SPOTS', 'MAKEGOOD') and l.rate > 0 and l.quantity > 0
       and not exists (
         select from invoice_spot later join invoice d using (account_id, invoice_id)
          where later.account_id = s.account_id and later.airing_id = s.airing_id
            and (d.issued_at, later.number) > (i.issued_at, s.number))
     order by a.airing_id
     limit 1
  ) b on true
 order by n.ordinality
