-- Rounded once is half a minor unit at most, whichever way the entity rounds halves. What no run made is what is due to
-- date less what was taken before, both rounded.
with document as (
  select account_id, invoice_id, entity_id, order_id, currency, gross, commission, net, tax, total, commission_percent, run_id from draft
   union all
  select account_id, invoice_id, entity_id, order_id, currency, gross, commission, net, tax, total, commission_percent, run_id from invoice
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/invoices/inv_%s', replace(d.account_id::text, '-', ''), replace(d.invoice_id::text, '-', '')) as name
          from document d join insertion_order o using (account_id, order_id)
         where in_scope($1::jsonb, d.entity_id, o.territory, d.account_id)
           and (abs(d.net - d.gross * (100 - d.commission_percent) / 100) * case when d.run_id is null then 1 else 2 end > power(10::numeric, -scale(d.gross))
                or (d.commission, d.total) <> (d.gross - d.net, d.net + d.tax))) as broken
