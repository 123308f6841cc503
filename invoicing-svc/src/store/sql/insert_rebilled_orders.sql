-- The orders behind some lines of a document, made again for the account that they are billed to. What was delivered stays
-- with the order that was sold.
insert into insertion_order (account_id, order_id, entity_id, row_revision, source_system, external_id, revision, content_digest,
       advertiser, currency, commission_percent, payment_terms_days, flight_first, flight_last, signed_date, liability, billing_calendar,
       billing_cycle, territory, synced_at, synced_by, stands_for, delivered_account_id, delivered_order_id)
select $2, made.order_id, o.entity_id, 1, 'makegood:rebill', o.external_id, 1, '',
       o.advertiser, o.currency, o.commission_percent, o.payment_terms_days, o.flight_first, o.flight_last, o.signed_date, o.liability,
       o.billing_calendar, o.billing_cycle, a.territory, $5, $6, 'REBILL',
       coalesce(o.delivered_account_id, o.account_id), coalesce(o.delivered_order_id, o.order_id)
  from insertion_order o
  join unnest($3::uuid[], $4::uuid[]) as made(of_order, order_id) on made.of_order = o.order_id
  join account a on a.account_id = $2
 where o.account_id = $1
on conflict (account_id, order_id) do nothing
