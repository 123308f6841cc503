-- What counts for agreements: documents by their lines, other entries of the ledger by the days on which their line could
-- have been delivered, and drafts that wait for nothing. Goodwill, tax, makegoods and write-offs have other bases.
with line as (
  select a.agreement_id, a.first_day, a.last_day, l.account_id, l.line_id, l.flight_first, l.flight_last, o.commission_percent
    from agreement a
    join agreement_account g using (agreement_id)
    join insertion_order o on o.account_id = g.account_id and o.entity_id = a.entity_id and o.currency = a.currency
                          and o.stands_for = 'SOLD'
    join order_line l on l.account_id = o.account_id and l.order_id = o.order_id
                     and l.flight_first <= a.last_day and l.flight_last >= a.first_day
   where a.agreement_id = any($1)
), counts as (
  select n.agreement_id, i.gross, i.net, null::numeric as commission_percent
    from line n
    join billed_to_date b on b.account_id = n.account_id and b.line_id = n.line_id and b.basis = 'RATED'
    join invoice_line i on i.account_id = b.account_id and i.invoice_id = b.invoice_id and i.line_id = b.line_id and i.entry = b.entry
   where i.service_first >= n.first_day and i.service_last <= n.last_day
   union all
  select n.agreement_id, b.gross, null, n.commission_percent
    from line n
    join billed_to_date b on b.account_id = n.account_id and b.line_id = n.line_id and b.basis in ('CORRECTION', 'OPENING')
   where greatest(b.origin_first, n.flight_first) >= n.first_day and least(b.origin_last, n.flight_last) <= n.last_day
   union all
  select n.agreement_id, d.gross, d.net, null
    from line n
    join draft_line d on d.account_id = n.account_id and d.line_id = n.line_id
    join draft h on h.account_id = d.account_id and h.invoice_id = d.invoice_id
    join billing_run r on r.run_id = h.run_id
   where d.service_first >= n.first_day and d.service_last <= n.last_day and not h.waiting
     and case when $2::uuid is null then not r.preview else h.run_id = $2 end
)
select agreement_id as "agreement_id!", commission_percent as "corrected_percent?", sum(gross) as "gross!", sum(net) as "net?"
  from counts
 group by agreement_id, commission_percent
