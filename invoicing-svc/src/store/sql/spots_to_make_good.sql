-- The spots of orders as they are known now: those that aired too, because makegoods name spots by names that have to be told apart.
select a.order_id, a.line_id, l.number, a.airing_id, a.spot, a.day, a.time, a.source_row, a.status, a.rate, a.makegood_for,
       coalesce(b.kind <> 'OVER_DELIVERY', false) as "is_billed!", c.invoice_id as "credited_by?", r.amount as "released?",
       r.reason as "reason?", r.approval as "approval?", r.released_by as "released_by?", r.released_at as "released_at?",
       w.reason as "owed_reason?", w.approval as "owed_approval?", w.owed_by as "owed_by?", w.owed_at as "owed_at?"
  from unnest($1::uuid[], $2::uuid[]) as named (account_id, order_id)
  join airing a on a.account_id = named.account_id and a.order_id = named.order_id and a.superseded_at is null
  join order_line l on l.account_id = a.account_id and l.line_id = a.line_id
  left join owed_spot w on w.account_id = a.account_id and w.airing_id = a.airing_id
  left join lateral (
    select d.kind
      from invoice_spot s
      join invoice_line d using (account_id, invoice_id, number)
      join invoice i using (account_id, invoice_id)
     where s.account_id = a.account_id and s.airing_id = a.airing_id and (a.status <> 'AIRED' or a.makegood_for <> '{}' or w.airing_id is not null)
     order by i.issued_at desc, d.number desc
     limit 1
  ) b on true
  left join credited_spot c on c.account_id = a.account_id and c.airing_id = a.airing_id
  left join makegood_release r on r.account_id = a.account_id and r.airing_id = a.airing_id
