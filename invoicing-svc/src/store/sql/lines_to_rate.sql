-- The lines of a shard's orders, in the order in which rating puts them together again.
select o.account_id, o.order_id, o.stands_for, o.currency, o.commission_percent,
       case a.settled_by when 'TERMS' then o.payment_terms_days else 0 end as "payment_terms_days!", a.settled_by,
       o.flight_last as order_last,
       o.billing_calendar, o.billing_cycle, o.advertiser, o.external_id, o.liability, o.territory, a.consolidation, a.legal_name as buyer,
       l.line_id, l.number, l.ordinal, l.description, l.station, l.program, l.flight_first, l.flight_last, l.pricing_model,
       l.cap_kind, l.cap_percent, l.cap_budget, l.cap_window, l.metric, l.booked_units, l.tier_window, l.term_months,
       l.package_units, l.minimum_amount, l.minimum_window, l.markup_percent, l.expense_cap, l.schedule, l.proration,
       l.delivery_source, l.third_party_source, l.third_party_controls, l.tolerance_percent, l.tolerance_base,
       l.without_count, l.count_due_days, l.closed_on,
       p.code as product, p.state as product_state, p.invoice_text, p.gl_revenue, p.tax_code
  from insertion_order o
  join account a using (account_id)
  join order_line l using (account_id, order_id)
  join ad_product p using (product_id)
 where o.entity_id = $1 and o.account_id = any($2)
 order by o.account_id, o.order_id, l.ordinal
