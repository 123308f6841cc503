-- Units of spots, and the money of whatever has a budget: of the whole line, or of each billing period where that is the window. A cap that
-- another system has used up before the first unit here is not broken here. A quotient is rounded below any rate. Where a cap becomes lower
-- than what is billed, the difference is lawful until it is taken back: no run has rated the line since, or a run holds as much of it, decided
-- on or not, or it stands on a draft. What spots hold is told by the spots: a makegood that bills beside them is within no cap. Money that is
-- held is rounded, by one minor unit at most.
with billed as (
  select b.account_id, b.line_id, case when l.pricing_model <> 'PER_SPOT' and l.cap_window = 'PERIOD' then b.origin_first end as origin_first,
         count(*) filter (where b.basis = 'RATED') as runs, sum(b.units) as units, sum(b.units) filter (where b.basis <> 'OPENING') as units_here,
         round(sum(w.worth), 12) as worth, round(sum(w.worth) filter (where b.basis <> 'OPENING'), 12) as worth_here
    from billed_to_date b join order_line l using (account_id, line_id)
   cross join lateral (select case when b.basis = 'OPENING' then b.gross else b.units * b.rate / b.price_base end as worth) w
   where b.basis in ('RATED', 'CORRECTION', 'OPENING')
     and case when l.pricing_model = 'PER_SPOT' then b.kind = 'SPOTS'
              else b.kind in ('DELIVERY', 'TIER_FEE', 'EXPENSES') and l.cap_kind = 'BUDGET' and l.cap_window in ('LIFE', 'PERIOD') end
   group by 1, 2, 3
), booked as (
  select account_id, line_id, sum(booked_units) as units from term_segment group by account_id, line_id
), beyond as (
  select l.account_id, l.order_id, l.line_id, l.pricing_model, l.cap_kind, b.origin_first,
         case l.cap_kind
           when 'LESSER_OF_BOOKED_AND_DELIVERED' then least(b.units - k.units, b.units_here)
           when 'PERCENT' then least(b.units - k.units * l.cap_percent * 0.01, b.units_here)
           when 'BUDGET' then least(b.worth - l.cap_budget, b.worth_here)
         end as excess
    from order_line l join billed b using (account_id, line_id) join booked k using (account_id, line_id)
   where b.runs > 0
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select distinct format('accounts/acc_%s/orders/ord_%s/lines/lin_%s', replace(l.account_id::text, '-', ''), replace(l.order_id::text, '-', ''), replace(l.line_id::text, '-', '')) as name
          from beyond l join insertion_order o using (account_id, order_id)
         where in_scope($1::jsonb, o.entity_id, o.territory, l.account_id) and l.excess > 0
           and not (
             not exists (select from billing_run_shard s join billing_run r using (run_id)
                          where r.entity_id = o.entity_id and l.account_id = any(s.accounts) and s.rated_at >= o.synced_at
                            and r.state <> 'CANCELLED' and not r.preview)
             or exists (select from billing_exception e join billing_run r using (run_id)
                          cross join lateral (select -sum(least(c.quantity, 0)) as units, -sum(least(c.quantity, 0) * c.rate / c.price_base) as worth
                                                from jsonb_to_recordset(e.changes) as c(quantity numeric, rate numeric, price_base numeric)) back
                         where e.account_id = l.account_id and e.line_id = l.line_id and e.reason = 'NEGATIVE_DELTA'
                           and (l.origin_first is null or e.origin_first = l.origin_first)
                           and e.state in ('OPEN', 'OVERRIDDEN') and r.state <> 'CANCELLED' and not r.preview
                         group by e.run_id
                        having l.excess <= case when l.cap_kind <> 'BUDGET' then sum(back.units)
                                                when l.pricing_model = 'PER_SPOT' then sum(back.worth) + power(10::numeric, -scale(sum(e.amount)))
                                                else power(10::numeric, -scale(sum(e.amount))) - sum(least(e.amount, 0)) end)
             or exists (select from draft_line d
                         where d.account_id = l.account_id and d.line_id = l.line_id and d.gross < 0))) as broken
