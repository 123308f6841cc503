-- Documents that a run has just issued, with the columns of documents.sql. By their keys alone, so that it does not matter how many
-- others there are. They correct nothing and replace nothing.
select i.account_id as "account_id!", i.invoice_id as "invoice_id!", i.run_id as "run_id?", i.order_id as "order_id!",
       i.entity_id as "entity_id!", i.kind as "kind!", i.currency as "currency!", i.billing_month as "billing_month!",
       i.period_first as "period_first!", i.period_last as "period_last!", i.payment_terms_days as "payment_terms_days!",
       i.spots as "spots!", i.commission_percent as "commission_percent!", i.gross as "gross!", i.commission as "commission!",
       i.net as "net!", i.tax as "tax!", i.total as "total!", i.digest as "digest!", i.tax_base as "tax_base!", 'ISSUED' as "state!",
       i.number as "number?", i.issue_date as "issue_date?", i.due_date as "due_date?",
       coalesce(i.parties #>> '{order,advertiser}', o.advertiser) as "advertiser!",
       o.source_system as "source_system!", o.external_id as "external_id!",
       i.purchase_order as "purchase_order?", 1 as "edits!", i.note as "note!", i.contact as "contact!",
       i.attachment as "attachment!", false as "waiting!", i.orders as "orders!", i.settled_by as "settled_by!",
       i.corrects_id as "corrects_id?", null::text as "corrects_number?", i.basis as "basis?", i.reason as "reason!",
       null::uuid as "rebill_account_id?", i.rebill_id as "rebill_id?", i.rebill_number as "rebill_number?"
  from unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id)
  join invoice i on (i.account_id, i.invoice_id) = (chunk.account_id, chunk.invoice_id)
  join insertion_order o on (o.account_id, o.order_id) = (i.account_id, i.order_id)
 order by i.billing_month, i.order_id, i.invoice_id
