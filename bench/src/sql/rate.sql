-- What rating does, as one statement by hand: delivery by line in its month, priced and capped, the lines put together
-- to drafts with what each will post and its row of tax. It reads every row, checks nothing and explains nothing. The id
-- of a draft follows from its order, so that nothing has to be joined twice.
with rated as materialized (
  select o.account_id, o.order_id, md5(o.order_id::text)::uuid as invoice_id, l.line_id, l.ordinal, p.invoice_text,
         p.gl_revenue, p.tax_code, o.currency, o.payment_terms_days, s.first_day as segment_first, s.rate,
         least(d.quantity, l.booked_units) as quantity, round(least(d.quantity, l.booked_units) * s.rate / 1000, 2) as gross
    from (select account_id, line_id, sum(impressions) as quantity
            from delivery_fact
           where account_id = any($2) and day between '2024-01-01' and '2024-01-31'
           group by account_id, line_id) d
    join order_line l using (account_id, line_id)
    join insertion_order o using (account_id, order_id)
    join term_segment s using (account_id, line_id)
    join ad_product p using (product_id)
   where o.entity_id = $1
), lines as (
  insert into draft_line (account_id, invoice_id, number, line_id, entry, kind, description, note, origin_first, origin_last,
                          late, segment_first, quantity, unit, rate, price_base, gross, commission, net, gl_revenue, tax_code,
                          service_first, service_last, billing_month, tax_point)
  select account_id, invoice_id, ordinal, line_id, 1, 'DELIVERY', invoice_text, '', date '2024-01-01', date '2024-01-31',
         false, segment_first, quantity, 'IMPRESSION', rate, 1000, gross, 0, gross, gl_revenue, tax_code,
         date '2024-01-01', date '2024-01-31', date '2024-01-01', date '2024-01-31'
    from rated
), receivable as (
  insert into draft_posting (account_id, invoice_id, ordinal, ledger_account, gl_code, debit, credit)
  select account_id, invoice_id, 1, 'RECEIVABLES', max(gl_receivables), sum(gross), 0
    from rated cross join (select gl_receivables from billing_entity where entity_id = $1) e
   group by account_id, invoice_id
), revenue as (
  insert into draft_posting (account_id, invoice_id, ordinal, ledger_account, gl_code, debit, credit)
  select account_id, invoice_id, 2, 'REVENUE', gl_revenue, 0, sum(gross)
    from rated group by account_id, invoice_id, gl_revenue
), taxes as (
  insert into draft_tax (account_id, invoice_id, ordinal, category, percent, reason, base, tax)
  select account_id, invoice_id, 1, 'O', 0, 'Not subject to tax', sum(gross), 0 from rated group by account_id, invoice_id
)
insert into draft (account_id, invoice_id, run_id, order_id, entity_id, kind, currency, billing_month, period_first, period_last,
                   payment_terms_days, spots, commission_percent, gross, commission, net, tax, total, digest, seen)
select account_id, invoice_id, '00000000-0000-0000-0000-000000000000', min(order_id::text)::uuid, $1, 'INVOICE', min(currency),
       '2024-01-01', '2024-01-01', '2024-01-31', min(payment_terms_days), 0, 0, sum(gross), 0, sum(gross), 0, sum(gross),
       sha256(uuid_send(invoice_id)), pg_current_snapshot()
  from rated group by account_id, invoice_id
