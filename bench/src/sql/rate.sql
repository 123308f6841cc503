-- What rating does, as one statement by hand: delivery by line in its month, priced and capped, the lines put together
-- to drafts with what each will post. It reads every row, checks nothing and explains nothing.
with rated as materialized (
  select o.account_id, o.order_id, l.line_id, l.ordinal, p.invoice_text, p.gl_revenue, p.tax_code, o.currency,
         o.payment_terms_days, s.first_day as segment_first, s.rate, d.quantity,
         round(d.quantity * s.rate / 1000, 2) as gross
    from (select f.account_id, f.line_id, least(sum(f.impressions), max(l.booked_units)) as quantity
            from delivery_fact f join order_line l using (account_id, line_id)
           where f.account_id = any($2) and f.day between '2024-01-01' and '2024-01-31'
           group by f.account_id, f.line_id) d
    join order_line l using (account_id, line_id)
    join insertion_order o using (account_id, order_id)
    join term_segment s using (account_id, line_id)
    join ad_product p using (product_id)
   where o.entity_id = $1
), head as materialized (
  select account_id, order_id, gen_random_uuid() as invoice_id, min(currency) as currency,
         min(payment_terms_days) as payment_terms_days, sum(gross) as gross
    from rated group by account_id, order_id
), lines as (
  insert into draft_line (account_id, invoice_id, number, line_id, entry, kind, description, note, origin_first, origin_last,
                          late, segment_first, quantity, unit, rate, price_base, gross, commission, net, gl_revenue, tax_code,
                          service_first, service_last, billing_month, tax_point)
  select account_id, h.invoice_id, r.ordinal, r.line_id, 1, 'DELIVERY', r.invoice_text, '', date '2024-01-01', date '2024-01-31',
         false, r.segment_first, r.quantity, 'impressions', r.rate, 1000, r.gross, 0, r.gross, r.gl_revenue, r.tax_code,
         date '2024-01-01', date '2024-01-31', date '2024-01-01', date '2024-01-31'
    from rated r join head h using (account_id, order_id)
), receivable as (
  insert into draft_posting (account_id, invoice_id, ordinal, ledger_account, gl_code, debit, credit)
  select account_id, invoice_id, 1, 'RECEIVABLES', e.gl_receivables, gross, 0
    from head join billing_entity e on e.entity_id = $1
), revenue as (
  insert into draft_posting (account_id, invoice_id, ordinal, ledger_account, gl_code, debit, credit)
  select account_id, h.invoice_id, 2, 'REVENUE', r.gl_revenue, 0, sum(r.gross)
    from rated r join head h using (account_id, order_id) group by account_id, h.invoice_id, r.gl_revenue
)
insert into draft (account_id, invoice_id, run_id, order_id, entity_id, kind, currency, billing_month, period_first, period_last,
                   payment_terms_days, spots, commission_percent, gross, commission, net, tax, total, digest)
select account_id, invoice_id, '00000000-0000-0000-0000-000000000000', order_id, $1, 'INVOICE', currency, '2024-01-01',
       '2024-01-01', '2024-01-31', payment_terms_days, 0, 0, gross, 0, gross, 0, gross, sha256(uuid_send(invoice_id))
  from head
