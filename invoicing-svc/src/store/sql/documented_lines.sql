-- What the documents of the accounts, and the notes that correct them, say of each order line, by origin, apart for those that
-- are asked about.
select l.line_id, l.origin_first, l.origin_last, i.currency, i.kind <> 'INVOICE' as "is_note!",
       case when $6::date is not null then i.issue_date = $6
            else ($3::uuid is null or coalesce(coalesce(i.run_id, c.run_id) = $3, false))
                 and ($4::date is null or i.billing_month >= $4) and i.billing_month <= $5 end as "asked!",
       sum(case i.kind when 'CREDIT_NOTE' then -l.gross else l.gross end) as "gross!"
  from invoice i join invoice_line l using (account_id, invoice_id)
  left join invoice c on (c.account_id, c.invoice_id) = (i.account_id, i.corrects_id)
 where i.entity_id = $1 and i.account_id = any($2)
 group by 1, 2, 3, 4, 5, 6
