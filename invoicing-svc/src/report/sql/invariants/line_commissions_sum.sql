with document as (
  select account_id, invoice_id, entity_id, order_id, commission from draft
   union all
  select account_id, invoice_id, entity_id, order_id, commission from invoice
), line as (
  select account_id, invoice_id, gross, commission, net from draft_line
   union all
  select account_id, invoice_id, gross, commission, net from invoice_line
), summed as (
  select account_id, invoice_id, sum(l.commission) as commission, bool_and(l.net = l.gross - l.commission) as adds_up
    from line l group by account_id, invoice_id
)
select count(*) as "violations!", coalesce((array_agg(name order by name))[:5], '{}') as "examples!"
  from (select format('accounts/acc_%s/invoices/inv_%s', replace(d.account_id::text, '-', ''), replace(d.invoice_id::text, '-', '')) as name
          from document d join insertion_order o using (account_id, order_id) left join summed s using (account_id, invoice_id)
         where in_scope($1::jsonb, d.entity_id, o.territory, d.account_id)
           and (d.commission is distinct from s.commission or not s.adds_up)) as broken
