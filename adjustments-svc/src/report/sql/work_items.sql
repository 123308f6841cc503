-- What waits for somebody, the oldest first. Of requests for approval, and of what an emergency let pass, those in which the caller
-- has no part; whether they are asked is for the domain to say. A correction that rating proposes waits for whoever takes it up.
with item as (
  select 'APPROVAL' as kind, approval_id as id, account_id, entity_id, '' as territory, state, summary, measure_currency as currency,
         measure_this as amount, null as owner, coalesce(glass_at, submitted_at) as since, coalesce(review_due_at, expire_at) as due_at,
         escalated, false as waits_for_customer
    from approval a
   where state in ('PENDING', 'POST_REVIEW_DUE')
     -- Who has decided does not decide again, but may look at what an emergency let pass later.
     and not exists (select from approval_side s
                      where s.approval_id = a.approval_id and s.person = any($1::text[])
                        and (a.state = 'PENDING' or s.side = 'INVOLVED'))
  union all
  select 'ADJUSTMENT', adjustment_id, account_id, a.entity_id, '', state, reason, currency,
         (select sum(gross) from adjustment_line l where l.account_id = a.account_id and l.adjustment_id = a.adjustment_id),
         case when p.adjustment_id is null then made_by end, made_at, null, false, false
    from adjustment a left join proposed_correction p using (account_id, adjustment_id)
   where state in ('DRAFT', 'RETURNED') and (made_by = any($1) or p.adjustment_id is not null)
  union all
  select 'REFUND_REQUEST', refund_request_id, account_id, entity_id, '', state, reason, currency, amount, made_by, made_at, null, false, false
    from refund_request where state in ('SUBMITTED', 'APPROVED') and made_by = any($1)
  union all
  select 'DISPUTE', dispute_id, account_id, entity_id, territory, state, format('%s: %s', invoice_number, words), currency, amount,
         owner, opened_at, due_at, escalated_at is not null, state = 'AWAITING_CUSTOMER'
    from dispute where state not in ('RESOLVED', 'CLOSED')
  union all
  select 'CASE', case_id, account_id, entity_id, territory, state, subject, currency, promised, owner, opened_at, due_at,
         escalated_at is not null, state = 'AWAITING_CUSTOMER'
    from customer_case where state <> 'CLOSED'
  union all
  select 'IMPROVEMENT', improvement_id, null, null, '', state, format('%s comes back', cause), currency, expected, owner, opened_at, null,
         false, false
    from improvement where state = 'OPEN'
)
select kind as "kind!", id as "id!", item.account_id as "account_id?", entity_id, own.territory as "territory!", state as "state!",
       summary as "summary!", currency, amount, owner, since as "since!", due_at, escalated as "escalated!",
       waits_for_customer as "waits_for_customer!"
  from item
  left join account_territory t on t.account_id = item.account_id
 -- What was not opened with a territory has that of its account. What a key may see stays as it was opened.
 cross join lateral (select coalesce(nullif(item.territory, ''), t.territory, '') as territory) own
 where ($2::text[] is null or kind = any($2))
   -- A request is of everybody who may decide it, and so of the caller.
   and ($3::text is null or owner = $3 or kind = 'APPROVAL' and $3 = any($1))
   and (not $4 or owner is null and kind in ('ADJUSTMENT', 'DISPUTE', 'CASE', 'IMPROVEMENT'))
   and ($5::text is null or own.territory = $5) and ($6::timestamptz is null or since <= $6)
   and ($7::timestamptz is null or due_at <= $7)
   and ($8::timestamptz is null or (since, id) > ($8, $9::uuid))
   and in_scope($10::jsonb, entity_id, nullif(item.territory, ''), item.account_id)
 order by since, id limit $11
