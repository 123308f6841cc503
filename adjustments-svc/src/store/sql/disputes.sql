-- Disputes with what invoicing has been told of their documents. What is proposed waits while an adjustment that it names does.
with shown as (
  select d.*, t.version = x.version as is_told, t.delay,
         d.state = 'PROPOSED' and exists (
           select from adjustment a
            where a.account_id = d.account_id and a.invoice_id = d.invoice_id and a.state in ('SUBMITTED', 'APPROVED')
              and format('accounts/acc_%s/adjustments/adj_%s', replace(a.account_id::text, '-', ''), replace(a.adjustment_id::text, '-', ''))
                  = any(d.settled_by)) as is_pending
    from dispute d
    join disputed_document x using (account_id, invoice_id)
    join disputed_document_told t using (account_id, invoice_id)
   where ($1::uuid is null or d.account_id = $1) and ($2::uuid is null or d.dispute_id = $2)
     and ($4::text is null or d.owner = $4) and ($5::uuid is null or d.invoice_id = $5)
     and ($6::uuid is null or d.dispute_id < $6) and in_scope($7::jsonb, d.entity_id, nullif(d.territory, ''), d.account_id)
)
select account_id as "account_id!", dispute_id as "dispute_id!", revision as "revision!", entity_id as "entity_id!",
       territory as "territory!", invoice_id as "invoice_id!", invoice_number as "invoice_number!", currency as "currency!",
       amount as "amount!", lines as "lines!", reason as "reason!", words as "words!", contact as "contact!", cause, cause_detail,
       opened_by as "opened_by!", opened_at as "opened_at!", due_at as "due_at!", escalated_at, escalated_to, state as "state!",
       owner, waiting_since, outcome, settled_by, explanation, settled, resolved_by, resolved_at, closed_by, closed_at,
       is_told as "is_told!", delay as "delay!", is_pending as "is_pending!"
  from shown
 where $3::text is null or case when is_pending then 'PENDING_APPROVAL' else state end = $3
 order by dispute_id desc limit $8
