with document as (
  select account_id, invoice_id, entity_id, order_id, currency, gross, commission, net, tax, total, commission_percent from draft
   union all
  select account_id, invoice_id, entity_id, order_id, currency, gross, commission, net, tax, total, commission_percent from invoice
), line as (
  select account_id, invoice_id, quantity, rate, price_base, gross, commission, net from draft_line
   union all
  select account_id, invoice_id, quantity, rate, price_base, gross, commission, net from invoice_line
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select distinct format('accounts/acc_%s/invoices/inv_%s', replace(d.account_id::text, '-', ''), replace(d.invoice_id::text, '-', '')) as name
          from document d join insertion_order o using (account_id, order_id) join line l on (l.account_id, l.invoice_id) = (d.account_id, d.invoice_id)
         where in_scope($1::jsonb, d.entity_id, o.territory, d.account_id) and abs(l.quantity * l.rate / l.price_base - l.gross) > power(10::numeric, -scale(l.gross))) as broken
