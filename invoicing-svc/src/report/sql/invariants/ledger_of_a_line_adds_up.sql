-- Rounded once is half a minor unit at most, whichever way the entity rounds halves.
with billed as (
  select account_id, line_id, sum(units * rate / price_base) as worth, sum(gross) as gross, max(scale(gross)) as decimals
    from billed_to_date where basis in ('RATED', 'CORRECTION') group by account_id, line_id
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/orders/ord_%s/lines/lin_%s', replace(l.account_id::text, '-', ''), replace(l.order_id::text, '-', ''), replace(l.line_id::text, '-', '')) as name
          from order_line l join insertion_order o using (account_id, order_id) join billed b using (account_id, line_id)
         where in_scope($1::jsonb, o.entity_id, o.territory, l.account_id) and l.pricing_model <> 'FLAT_FEE' and abs(b.gross - b.worth) * 2 > power(10::numeric, -b.decimals)) as broken
