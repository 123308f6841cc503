-- Drafts and documents as one list. A draft that is issued has become an invoice of the same name, so each stands here
-- once. What is printed on a document is what it said on the day of issue.
with document as (
  select d.account_id, d.invoice_id, d.run_id, d.order_id, d.entity_id, d.kind, d.currency, d.billing_month, d.period_first,
         d.period_last, d.payment_terms_days, d.spots, d.commission_percent, d.gross, d.commission, d.net, d.tax, d.total,
         signed_digest(d.digest, w) as digest,
         case when not d.waiting and (r.state in ('APPROVED', 'ISSUING') or r.failed_in = 'ISSUING') then 'APPROVED' else 'DRAFT' end as state,
         null as number, null::date as issue_date, null::date as due_date, null as advertiser,
         d.purchase_order, coalesce(w.revision, 1) as edits, coalesce(w.note, '') as note, coalesce(w.contact, '') as contact,
         coalesce(w.attachment, '') as attachment, d.waiting, d.tax_base, d.orders, null::uuid as corrects_id, null as basis, '' as reason,
         null::uuid as rebill_account_id, null::uuid as rebill_id, null as rebill_number, d.settled_by
    from draft d join billing_run r using (run_id) left join draft_edit w using (account_id, invoice_id)
   -- What a preview would bill stands in no list but its own.
   where not r.preview or r.run_id = $4 or cardinality($2::uuid[]) > 0
   union all
  select i.account_id, i.invoice_id, i.run_id, i.order_id, i.entity_id, i.kind, i.currency, i.billing_month, i.period_first,
         i.period_last, i.payment_terms_days, i.spots, i.commission_percent, i.gross, i.commission, i.net, i.tax, i.total, i.digest,
         'ISSUED', i.number, i.issue_date, i.due_date, i.parties #>> '{order,advertiser}',
         i.purchase_order, 1, i.note, i.contact, i.attachment, false, i.tax_base, i.orders, i.corrects_id, i.basis, i.reason,
         i.rebill_account_id, i.rebill_id, i.rebill_number, i.settled_by
    from invoice i
)
select d.account_id as "account_id!", d.invoice_id as "invoice_id!", d.run_id as "run_id?", d.order_id as "order_id!",
       d.entity_id as "entity_id!", d.kind as "kind!", d.currency as "currency!", d.billing_month as "billing_month!",
       d.period_first as "period_first!", d.period_last as "period_last!", d.payment_terms_days as "payment_terms_days!",
       d.spots as "spots!", d.commission_percent as "commission_percent!", d.gross as "gross!", d.commission as "commission!",
       d.net as "net!", d.tax as "tax!", d.total as "total!", d.digest as "digest!", d.tax_base as "tax_base!", d.state as "state!", d.number as "number?",
       d.issue_date as "issue_date?", d.due_date as "due_date?", coalesce(d.advertiser, o.advertiser) as "advertiser!",
       o.source_system as "source_system!", o.external_id as "external_id!",
       d.purchase_order as "purchase_order?", d.edits as "edits!", d.note as "note!", d.contact as "contact!",
       d.attachment as "attachment!", d.waiting as "waiting!", d.orders as "orders!", d.settled_by as "settled_by!",
       d.corrects_id as "corrects_id?", c.number as "corrects_number?", d.basis as "basis?", d.reason as "reason!",
       -- Of an account that the caller may not see only what is printed is told.
       r.account_id as "rebill_account_id?", d.rebill_id as "rebill_id?", d.rebill_number as "rebill_number?"
  from document d join insertion_order o using (account_id, order_id)
  left join invoice c on (c.account_id, c.invoice_id) = (d.account_id, d.corrects_id)
  left join account r on r.account_id = d.rebill_account_id and in_scope($11::jsonb, d.entity_id, r.territory, r.account_id)
 where (cardinality($1::uuid[]) = 0 or d.account_id = any($1)) and (cardinality($2::uuid[]) = 0 or d.invoice_id = any($2))
   and ($3::text is null or d.state = $3) and ($4::uuid is null or d.run_id = $4)
   and ($5::date is null or d.billing_month = $5)
   and ($6::uuid is null or d.order_id = $6
        -- One of several.
        or d.orders > 1 and exists (
             select from (select account_id, invoice_id, line_id from draft_line
                           union all
                          select account_id, invoice_id, line_id from invoice_line) l
               join order_line ol on (ol.account_id, ol.line_id) = (l.account_id, l.line_id)
              where (l.account_id, l.invoice_id) = (d.account_id, d.invoice_id) and ol.order_id = $6))
   and ($7::text is null or d.number = $7)
   and ($8::date is null or (d.billing_month, d.order_id, d.invoice_id) > ($8, $9::uuid, $10::uuid))
   and in_scope($11::jsonb, d.entity_id, o.territory, d.account_id)
 order by d.billing_month, d.order_id, d.invoice_id
 limit $12
