-- Rounded once is half a minor unit at most, whichever way the entity rounds halves. What no run made is what is due to
-- date less what was taken before, both rounded.
with document as (
  select account_id, invoice_id, entity_id, order_id, gross, tax, tax_base, run_id from draft
   union all
  select account_id, invoice_id, entity_id, order_id, gross, tax, tax_base, run_id from invoice
), row as (
  select account_id, invoice_id, category, percent, base, tax from draft_tax
   union all
  select account_id, invoice_id, category, percent, base, tax from invoice_tax
), line as (
  select account_id, invoice_id, tax_category, tax_percent, gross, net, tax from draft_line
   union all
  select account_id, invoice_id, tax_category, tax_percent, gross, net, tax from invoice_line
), summed as (
  select l.account_id, l.invoice_id, l.tax_category as category, l.tax_percent as percent, sum(l.tax) as tax,
         sum(case d.tax_base when 'GROSS' then l.gross else l.net end) as base
    from line l join document d using (account_id, invoice_id)
   group by l.account_id, l.invoice_id, l.tax_category, l.tax_percent
), wrong as (
  select account_id, invoice_id
    from row r full join summed s using (account_id, invoice_id, category, percent)
    join document d using (account_id, invoice_id)
   where (r.base, r.tax) is distinct from (s.base, s.tax)
      or abs(r.tax - r.base * percent / 100) * case when d.run_id is null then 1 else 2 end > power(10::numeric, -scale(d.gross))
   union
  select d.account_id, d.invoice_id
    from document d left join (select account_id, invoice_id, sum(tax) as tax from row group by account_id, invoice_id) r
         using (account_id, invoice_id)
   where d.tax is distinct from r.tax
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/invoices/inv_%s', replace(d.account_id::text, '-', ''), replace(d.invoice_id::text, '-', '')) as name
          from wrong join document d using (account_id, invoice_id) join insertion_order o using (account_id, order_id)
         where in_scope($1::jsonb, d.entity_id, o.territory, d.account_id)) as broken
