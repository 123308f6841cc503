-- What the documents of the accounts say of each order line, by origin, apart for those that are asked about.
select l.line_id, l.origin_first, l.origin_last, i.currency,
       ($3::uuid is null or i.run_id = $3) and ($4::date is null or i.billing_month >= $4) and i.billing_month <= $5 as "asked!",
       sum(l.gross) as "gross!"
  from invoice i join invoice_line l using (account_id, invoice_id)
 where i.kind = 'INVOICE' and i.entity_id = $1 and i.account_id = any($2)
 group by 1, 2, 3, 4, 5
