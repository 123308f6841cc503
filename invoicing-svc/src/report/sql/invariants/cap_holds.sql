-- Units of spots, and the money of whatever has a budget: of the whole line, or of each billing period where that is the window. A cap that
-- another system has used up before the first unit here is not broken here. A quotient is rounded below any rate. Where a cap becomes lower
-- than what is billed, the difference is lawful until it is taken back: no run has rated the line since, or it is held or was decided on, or
-- stands on a draft.
with billed as (
  select b.account_id, b.line_id, count(*) filter (where b.basis = 'RATED') as runs, sum(b.units) as units,
         round(sum(case when b.basis = 'OPENING' then b.gross else b.units * b.rate / b.price_base end), 12) as worth
    from billed_to_date b join order_line l using (account_id, line_id)
   where b.basis in ('RATED', 'CORRECTION', 'OPENING')
     and case when l.pricing_model = 'PER_SPOT' then b.kind = 'SPOTS'
              else b.kind in ('DELIVERY', 'TIER_FEE', 'EXPENSES') and l.cap_kind = 'BUDGET' and l.cap_window in ('LIFE', 'PERIOD') end
   group by b.account_id, b.line_id, case when l.pricing_model <> 'PER_SPOT' and l.cap_window = 'PERIOD' then b.origin_first end
), booked as (
  select account_id, line_id, sum(booked_units) as units from term_segment group by account_id, line_id
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select distinct format('accounts/acc_%s/orders/ord_%s/lines/lin_%s', replace(l.account_id::text, '-', ''), replace(l.order_id::text, '-', ''), replace(l.line_id::text, '-', '')) as name
          from order_line l join insertion_order o using (account_id, order_id)
          join billed b using (account_id, line_id) join booked k using (account_id, line_id)
         where in_scope($1::jsonb, o.entity_id, o.territory, l.account_id) and b.runs > 0
           and case l.cap_kind
                 when 'LESSER_OF_BOOKED_AND_DELIVERED' then b.units > k.units
                 when 'PERCENT' then b.units * 100 > k.units * l.cap_percent
                 when 'BUDGET' then b.worth > l.cap_budget
                 else false
               end
           and not (
             not exists (select from billing_run_shard s join billing_run r using (run_id)
                          where r.entity_id = o.entity_id and l.account_id = any(s.accounts) and s.rated_at >= o.synced_at
                            and r.state <> 'CANCELLED' and not r.preview)
             or exists (select from billing_exception e join billing_run r using (run_id)
                         where e.account_id = l.account_id and e.line_id = l.line_id and e.reason = 'NEGATIVE_DELTA'
                           and e.state in ('OPEN', 'OVERRIDDEN') and not r.preview)
             or exists (select from draft_line d
                         where d.account_id = l.account_id and d.line_id = l.line_id and d.gross < 0))) as broken
