-- A draft that is issued has become an invoice, so each line stands here once. Prices are summed up: a line that is taken
-- back at one and billed at another is one line of the comparison.
with billed as (
  select d.run_id, l.account_id, l.line_id, l.origin_first, l.kind, d.currency,
         max(l.origin_last) as origin_last, sum(l.quantity) as quantity, sum(l.gross) as gross
    from draft d join draft_line l using (account_id, invoice_id)
   where d.run_id = any(array[$1, $2]::uuid[])
   group by 1, 2, 3, 4, 5, 6
   union all
  select i.run_id, l.account_id, l.line_id, l.origin_first, l.kind, i.currency,
         max(l.origin_last), sum(l.quantity), sum(l.gross)
    from invoice i join invoice_line l using (account_id, invoice_id)
   where i.run_id = any(array[$1, $2]::uuid[])
   group by 1, 2, 3, 4, 5, 6
), compared as (
  select coalesce(l.account_id, r.account_id) as account_id, coalesce(l.line_id, r.line_id) as line_id,
         coalesce(l.origin_first, r.origin_first) as origin_first, coalesce(l.origin_last, r.origin_last) as origin_last,
         coalesce(l.kind, r.kind) as kind, coalesce(l.currency, r.currency) as currency,
         l.quantity as left_quantity, r.quantity as right_quantity, l.gross as left_gross, r.gross as right_gross,
         case when r.line_id is null then 'ONLY_LEFT'
              when l.line_id is null then 'ONLY_RIGHT'
              when (l.quantity, l.gross) = (r.quantity, r.gross) then 'SAME'
              else 'CHANGED' end as outcome
    from (select * from billed where run_id = $1) as l
    full join (select * from billed where run_id = $2) as r using (account_id, line_id, origin_first, kind)
)
select c.account_id as "account_id!", c.line_id as "line_id!", c.origin_first as "origin_first!", c.origin_last as "origin_last!",
       c.kind as "kind!", c.currency as "currency!", c.left_quantity as "left_quantity?", c.right_quantity as "right_quantity?",
       c.left_gross as "left_gross?", c.right_gross as "right_gross?", c.outcome as "outcome!",
       l.order_id as "order_id!", l.number as "number!"
  from compared c join order_line l using (account_id, line_id)
 where (c.outcome <> 'SAME' or $3)
   and ($4::uuid is null or (c.account_id, c.line_id, c.origin_first, c.kind) > ($4, $5::uuid, $6::date, $7::text))
 order by c.account_id, c.line_id, c.origin_first, c.kind
 limit $8
