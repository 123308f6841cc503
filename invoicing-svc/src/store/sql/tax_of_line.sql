-- The tax of a line of a draft or document, with its row, and its share of where the order line was seen on the tax point.
with line as (
  select l.account_id, l.line_id, l.tax_place, l.tax_category, l.tax_percent, l.tax, l.tax_code, l.tax_point,
         case d.tax_base when 'GROSS' then l.gross else l.net end as base,
         d.tax_engine, t.base as row_base, t.tax as row_tax, t.reason
    from draft d join draft_line l using (account_id, invoice_id)
    join draft_tax t on (t.account_id, t.invoice_id, t.category, t.percent) = (l.account_id, l.invoice_id, l.tax_category, l.tax_percent)
   where l.account_id = $1 and l.invoice_id = $2 and l.number = $3
   union all
  select l.account_id, l.line_id, l.tax_place, l.tax_category, l.tax_percent, l.tax, l.tax_code, l.tax_point,
         case i.tax_base when 'GROSS' then l.gross else l.net end,
         i.tax_engine, t.base, t.tax, t.reason
    from invoice i join invoice_line l using (account_id, invoice_id)
    join invoice_tax t on (t.account_id, t.invoice_id, t.category, t.percent) = (l.account_id, l.invoice_id, l.tax_category, l.tax_percent)
   where l.account_id = $1 and l.invoice_id = $2 and l.number = $3
)
select l.tax_place as "tax_place!", l.tax_category as "tax_category!", l.tax_percent as "tax_percent!", l.tax as "tax!",
       l.tax_code as "tax_code!", l.tax_point as "tax_point!", l.base as "base!", l.tax_engine as "tax_engine?",
       l.row_base as "row_base!", l.row_tax as "row_tax!", l.reason as "reason!", seen.share as "share?", seen.whole as "whole?"
  from line l
  left join lateral (
         select (sum(p.impressions) filter (where p.place = l.tax_place))::bigint as share, sum(p.impressions)::bigint as whole
           from line_tax_place p
          where p.account_id = l.account_id and p.line_id = l.line_id
            and p.from_day = (select max(from_day) from line_tax_place latest
                               where (latest.account_id, latest.line_id) = (l.account_id, l.line_id) and latest.from_day <= l.tax_point)
       ) as seen on true
