-- The registry and the heads of a chunk. Seller, buyer and order are pinned as they are now: what is printed later, and
-- again, is what was issued.
with chunk as (
  select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::date[])
    as numbered(account_id, invoice_id, sequence, number, due_date)
), registered as (
  insert into issued_number (series_id, year, sequence, entity_id, account_id, invoice_id, issue_date)
  select $6, $7, c.sequence, d.entity_id, d.account_id, d.invoice_id, $8
    from chunk c join draft d using (account_id, invoice_id)
), to_print as (
  insert into document_due (account_id, invoice_id) select account_id, invoice_id from chunk
)
insert into invoice (account_id, invoice_id, run_id, order_id, entity_id, kind, currency, billing_month, period_first,
                     period_last, payment_terms_days, spots, commission_percent, gross, commission, net, tax, total, digest,
                     series_id, number, issue_date, due_date, accounting_month, approved_by, issued_at, parties, template_version,
                     purchase_order, note, contact, attachment, tax_base, orders, tax_engine, rated_at, settled_by)
select d.account_id, d.invoice_id, d.run_id, d.order_id, d.entity_id, d.kind, d.currency, d.billing_month, d.period_first,
       d.period_last, d.payment_terms_days, d.spots, d.commission_percent, d.gross, d.commission, d.net, d.tax, d.total,
       signed_digest(d.digest, w),
       $6, c.number, $8, c.due_date, $9, $10, $11,
       jsonb_build_object(
         'seller', jsonb_build_object('legal_name', e.legal_name, 'address', e.address, 'tax_registrations', e.tax_registrations,
                                      'bank_account', e.bank_account),
         'buyer', jsonb_build_object('code', a.code, 'legal_name', a.legal_name, 'address', a.address,
                                     -- What reverse charge rests on stands on the document (BT-48), before what is only known.
                                     'tax_ids', (select coalesce(jsonb_agg(id ->> 'number'), '[]') from jsonb_array_elements(a.tax_registrations) id)
                                                || to_jsonb(a.tax_ids),
                                     'billing_email', a.billing_email),
         'order', jsonb_build_object('source_system', o.source_system, 'external_id', o.external_id, 'advertiser', o.advertiser,
                                     'billing_calendar', o.billing_calendar,
                                     'purchase_orders', (select coalesce(jsonb_agg(po.number order by po.number), '[]')
                                                           from order_purchase_order po
                                                          where (po.account_id, po.order_id) = (o.account_id, o.order_id))))
         -- Where there are several: by order, what is printed of each.
         || case when d.orders = 1 then '{}' else jsonb_build_object('orders', (
              select jsonb_object_agg(several.order_id, jsonb_build_object('external_id', several.external_id, 'advertiser', several.advertiser))
                from draft_line l
                join order_line ol on (ol.account_id, ol.line_id) = (l.account_id, l.line_id)
                join insertion_order several on (several.account_id, several.order_id) = (ol.account_id, ol.order_id)
               where (l.account_id, l.invoice_id) = (d.account_id, d.invoice_id))) end,
       $12, d.purchase_order, coalesce(w.note, ''), coalesce(w.contact, ''), coalesce(w.attachment, ''),
       d.tax_base, d.orders, d.tax_engine, d.rated_at, d.settled_by
  from chunk c
  join draft d using (account_id, invoice_id)
  join billing_entity e on e.entity_id = d.entity_id
  join account a on a.account_id = d.account_id
  join insertion_order o on (o.account_id, o.order_id) = (d.account_id, d.order_id)
  left join draft_edit w on (w.account_id, w.invoice_id) = (d.account_id, d.invoice_id)
