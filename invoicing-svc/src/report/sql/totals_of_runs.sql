-- A draft that is issued has become an invoice, so each counts once. Each table is summed by itself, which several processes of the
-- database may share; commission is what gross and net are apart by (draft_adds_up, invoice_adds_up).
with drafted as (
  select run_id, currency, count(*) as documents, sum(gross) as gross, sum(net) as net, sum(spots) as spots,
         sum(net) filter (where waiting) as net_waiting, count(*) filter (where waiting) as waiting, 0 as issued
    from draft where run_id = any($1) group by run_id, currency
), issued as (
  select run_id, currency, count(*) as documents, sum(gross) as gross, sum(net) as net, sum(spots) as spots,
         0 as net_waiting, 0 as waiting, count(*) as issued
    from invoice where run_id = any($1) group by run_id, currency
)
select run_id as "run_id!", currency as "currency!", sum(documents)::bigint as "drafts!",
       sum(gross) as "gross!", sum(gross) - sum(net) as "commission!", sum(net) as "net!", sum(spots)::bigint as "spots!",
       coalesce(sum(net_waiting), 0) as "net_waiting!", sum(waiting)::bigint as "drafts_waiting!",
       sum(issued)::bigint as "drafts_issued!"
  from (select * from drafted union all select * from issued) as document
 group by run_id, currency
 order by run_id, currency
