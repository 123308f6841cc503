-- What waits counts as what is approved: it may be approved together with this one. So does what was asked for in the same moment, and
-- what comes from a clock that is ahead.
select
  coalesce(sum(measure_this) filter (where account_id = $1), 0) as "account!",
  coalesce(sum(measure_this) filter (where account_id = $1 and cause is not distinct from $2), 0) as "account_and_cause!",
  coalesce(sum(measure_this) filter (where by_maker), 0) as "maker!"
from (
  select a.measure_this, a.account_id, a.cause,
         exists (select from approval_involved i
                  where i.approval_id = a.approval_id and i.part in ('MAKER', 'REQUESTER') and i.person = any($3::text[])) as by_maker
    from approval a
   where a.submitted_at > $5::timestamptz - interval '30 days'
     and a.measure_currency = $4
     and a.subject_kind in ('CREDIT', 'DEBIT', 'REBILL', 'MAKEGOOD', 'WRITE_OFF', 'GOODWILL', 'TAX_CORRECTION',
                            'RATING_CORRECTION', 'REFUND')
     and a.state in ('PENDING', 'APPROVED', 'EXECUTED', 'POST_REVIEW_DUE', 'RATIFIED', 'VIOLATION')
) as counted
