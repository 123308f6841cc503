-- Improvements with what was adjusted by their causes, in the currency of what is expected: in the three months up to the one that
-- they were opened for, and in the months since then that are over. $5 is the first day of this month.
select i.improvement_id, i.revision, i.cause, to_char(i.month, 'YYYY-MM') as "month!", i.state, i.owner, i.action, i.currency,
       i.expected, i.opened_at,
       coalesce(sum(s.amount) filter (where s.month <= i.month), 0) as "before!",
       coalesce(sum(s.amount) filter (where s.month > i.month), 0) as "since!",
       greatest(0, (extract(year from $5::date) - extract(year from i.month)) * 12
                   + extract(month from $5::date) - extract(month from i.month) - 1)::integer as "months_since!"
  from improvement i
  left join cause_shown s on s.source = 'ADJUSTMENT' and s.cause = i.cause and s.currency = i.currency
   and s.month > i.month - interval '3 months' and s.month < $5::date
 where ($1::uuid is null or i.improvement_id = $1) and ($2::text is null or i.state = $2) and ($3::text is null or i.cause = $3)
   and ($4::uuid is null or i.improvement_id < $4) and in_scope($6::jsonb, null, null, null)
 group by i.improvement_id
 order by i.improvement_id desc limit $7
