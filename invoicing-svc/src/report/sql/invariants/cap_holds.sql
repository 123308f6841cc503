-- A cap that another system has used up before the first spot here is not broken here.
with billed as (
  select account_id, line_id, count(*) filter (where basis = 'RATED') as runs, sum(units) as units,
         sum(case when basis = 'OPENING' then gross else units * rate end) as worth
    from billed_to_date
   where kind = 'SPOTS' and basis in ('RATED', 'CORRECTION', 'OPENING')
   group by account_id, line_id
), booked as (
  select account_id, line_id, sum(booked_units) as units from term_segment group by account_id, line_id
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/orders/ord_%s/lines/lin_%s', replace(l.account_id::text, '-', ''), replace(l.order_id::text, '-', ''), replace(l.line_id::text, '-', '')) as name
          from order_line l join insertion_order o using (account_id, order_id)
          join billed b using (account_id, line_id) join booked k using (account_id, line_id)
         where in_scope($1::jsonb, o.entity_id, o.territory, l.account_id) and l.pricing_model = 'PER_SPOT' and b.runs > 0
           and case l.cap_kind
                 when 'LESSER_OF_BOOKED_AND_DELIVERED' then b.units > k.units
                 when 'PERCENT' then b.units * 100 > k.units * l.cap_percent
                 when 'BUDGET' then b.worth > l.cap_budget
                 else false
               end) as broken
