-- The invoice of a rebill takes everything from the document that it replaces but its buyer, who is pinned as they are now and
-- settles as they do now, its tax, and the orders, which are those made for the buyer.
with registered as (
  insert into issued_number (series_id, year, sequence, entity_id, account_id, invoice_id, issue_date)
  select $13, $14, $15, entity_id, $3, $4, $17 from invoice where account_id = $1 and invoice_id = $2
), to_print as (
  insert into document_due (account_id, invoice_id) values ($3, $4)
), span as (
  select min(origin_first) as first, max(origin_last) as last from invoice_line
   where account_id = $1 and invoice_id = $2 and number = any($22::int[])
), made as (
  select * from unnest($23::uuid[], $24::uuid[]) as made(of_order, order_id)
), several as (
  select jsonb_object_agg(made.order_id, i.parties -> 'orders' -> made.of_order::text) as orders
    from made join invoice i on i.account_id = $1 and i.invoice_id = $2
)
insert into invoice (account_id, invoice_id, run_id, order_id, entity_id, kind, currency, billing_month, period_first, period_last,
                     payment_terms_days, spots, commission_percent, gross, commission, net, tax, total, digest, series_id, number,
                     issue_date, due_date, accounting_month, approved_by, issued_at, parties, template_version, purchase_order, note,
                     contact, attachment, tax_base, orders, basis, reason, tax_engine, rebill_account_id, rebill_id, rebill_number,
                     settled_by)
select $3, $4, null, ($24::uuid[])[1], i.entity_id, 'INVOICE', i.currency, i.billing_month, s.first, s.last,
       case a.settled_by when 'TERMS' then i.payment_terms_days else 0 end, $27, i.commission_percent, $7, $8, $9, $10, $11, $12, $13, $16,
       $17, $29, $18, $19, $20,
       jsonb_build_object(
         'seller', i.parties -> 'seller',
         'buyer', jsonb_build_object('code', a.code, 'legal_name', a.legal_name, 'address', a.address,
                                     'tax_ids', (select coalesce(jsonb_agg(id ->> 'number'), '[]') from jsonb_array_elements(a.tax_registrations) id)
                                                || to_jsonb(a.tax_ids),
                                     'billing_email', a.billing_email),
         -- The numbers that another customer pays by are none of this one's.
         'order', case when $26 then i.parties -> 'order' else (i.parties -> 'order') || '{"purchase_orders": []}' end)
         || case when cardinality($24::uuid[]) = 1 then '{}' else jsonb_build_object('orders', several.orders) end,
       $21, coalesce(nullif($25, ''), case when $26 then i.purchase_order end), '',
       i.contact, '', i.tax_base, cardinality($24::uuid[]), 'REBILL', $6, $28, $1, $2, $5, a.settled_by
  from invoice i cross join span s cross join several join account a on a.account_id = $3
 where i.account_id = $1 and i.invoice_id = $2
