-- A draft that is issued has become an invoice, so each counts once.
select run_id as "run_id!", currency as "currency!", count(*) as "drafts!",
       sum(gross) as "gross!", sum(commission) as "commission!", sum(net) as "net!", sum(spots)::bigint as "spots!",
       coalesce(sum(net) filter (where waiting), 0) as "net_waiting!", count(*) filter (where waiting) as "drafts_waiting!",
       count(*) filter (where issued) as "drafts_issued!"
  from (select run_id, currency, gross, commission, net, spots, waiting, false as issued from draft where run_id = any($1)
        union all
        select run_id, currency, gross, commission, net, spots, false, true from invoice where run_id = any($1)) as document
 group by run_id, currency
 order by run_id, currency
