-- When what was sold reaches one stage after the other, up to its document. Everything but the rating of a draft is known already.

alter table draft add column rated_at timestamptz;
-- Null for what was issued before this was kept, and for what no run has made.
alter table invoice add column rated_at timestamptz;

-- A row for each billing period of an order line on each draft and document of a run. `live` and `delivered` are the first and the
-- last day of what was counted of it or aired, else of the service that is billed; `told` is when the last of that was received. Of
-- what was counted only what the run knew is looked at.
create view stage_clock as
select d.entity_id, d.account_id, d.invoice_id, d.billing_month, d.origin_first, d.origin_last, l.order_id, l.line_id,
       l.number as order_line, l.ordinal, l.product_id, o.territory, o.signed_date as signed, synced.at as synced,
       coalesce(counted.first, d.live) as live, coalesce(counted.last, d.delivered) as delivered,
       greatest(aired.at, counted.at) as told, d.rated, d.approved, d.issued
  from (
    select account_id, invoice_id, entity_id, run_id, billing_month, line_id, origin_first, origin_last, rated, approved, issued,
           min(service_first) as live, max(service_last) as delivered, array_agg(number) as numbers
      from (
        select d.account_id, d.invoice_id, d.entity_id, d.run_id, d.billing_month, l.number, l.line_id, l.origin_first, l.origin_last,
               l.service_first, l.service_last, d.rated_at as rated,
               -- What waits is left out of what was approved.
               case when not d.waiting then r.approved_at end as approved, null::timestamptz as issued
          from draft d join draft_line l using (account_id, invoice_id) join billing_run r using (run_id)
         where not r.preview
         union all
        select i.account_id, i.invoice_id, i.entity_id, i.run_id, i.billing_month, l.number, l.line_id, l.origin_first, l.origin_last,
               l.service_first, l.service_last, i.rated_at, r.approved_at, i.issued_at
          from invoice i join invoice_line l using (account_id, invoice_id) join billing_run r using (run_id)) billed
     group by account_id, invoice_id, entity_id, run_id, billing_month, line_id, origin_first, origin_last, rated, approved, issued) d
  join billing_run r using (run_id)
  join order_line l on (l.account_id, l.line_id) = (d.account_id, d.line_id)
  join insertion_order o on (o.account_id, o.order_id) = (l.account_id, l.order_id)
 cross join lateral (
    select min(v.received_at) as at from order_revision v where (v.account_id, v.order_id) = (o.account_id, o.order_id)) synced
 cross join lateral (
    select max(a.recorded_at) as at
      from (select account_id, invoice_id, number, airing_id, version from draft_spot
             union all
            select account_id, invoice_id, number, airing_id, version from invoice_spot) s
      join airing a on (a.account_id, a.airing_id, a.version) = (s.account_id, s.airing_id, s.version)
     where (s.account_id, s.invoice_id) = (d.account_id, d.invoice_id) and s.number = any(d.numbers)) aired
 cross join lateral (
    select max(b.received_at) as at, min(f.day) filter (where f.amount > 0) as first, max(f.day) filter (where f.amount > 0) as last
      from (select account_id, line_id, day, landing,
                   greatest(impressions, viewable_impressions, clicks, views, completed_views, actions, spend, hours) as amount
              from delivery_fact) f
      join delivery_batch b using (landing)
     where (f.account_id, f.line_id) = (d.account_id, d.line_id) and f.day between d.origin_first and d.origin_last
       -- What landed before batches said their transaction goes by its time.
       and coalesce(pg_visible_in_snapshot(b.xid, r.snapshot), b.received_at <= r.data_as_of)) counted;

grant select on stage_clock to invoicing_app;
