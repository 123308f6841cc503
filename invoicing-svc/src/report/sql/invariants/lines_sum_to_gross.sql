with document as (
  select account_id, invoice_id, entity_id, order_id, currency, gross, commission, net, tax, total, commission_percent from draft
   union all
  select account_id, invoice_id, entity_id, order_id, currency, gross, commission, net, tax, total, commission_percent from invoice
), line as (
  select account_id, invoice_id, quantity, rate, gross, commission, net from draft_line
   union all
  select account_id, invoice_id, quantity, rate, gross, commission, net from invoice_line
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/invoices/inv_%s', replace(d.account_id::text, '-', ''), replace(d.invoice_id::text, '-', '')) as name
          from document d join insertion_order o using (account_id, order_id)
         where in_scope($1::jsonb, d.entity_id, o.territory, d.account_id)
           and d.gross is distinct from (select sum(l.gross) from line l where (l.account_id, l.invoice_id) = (d.account_id, d.invoice_id))) as broken
