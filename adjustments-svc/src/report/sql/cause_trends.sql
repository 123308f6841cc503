-- What went wrong by cause and month, with how long it has gone on and whether it goes beyond its own history. Months in a row
-- have the same distance to their place among all months of a row's group.
with summed as (
  select source, cause, case when $8 then detail else '' end as detail, case when $4 then account_id end as account_id,
         case when $9 then product_id end as product_id, currency, month, count(distinct subject_id) as count, sum(amount) as amount
    from cause_shown
   where ($3::text is null or cause = $3) and in_scope($5::jsonb, entity_id, nullif(territory, ''), account_id)
   group by 1, 2, 3, 4, 5, 6, 7
), placed as (
  select *, extract(year from month)::integer * 12 + extract(month from month)::integer as nth,
         row_number() over same as place,
         max(amount) over (same range between interval '12 months' preceding and interval '1 month' preceding) as most_before,
         count(*) over (same range between interval '12 months' preceding and interval '1 month' preceding) as months_before
    from summed
  window same as (partition by source, cause, detail, account_id, product_id, currency order by month)
), running as (
  select *, row_number() over (partition by source, cause, detail, account_id, product_id, currency, nth - place
                                  order by month) as months_running
    from placed
)
select source as "source!", cause as "cause!", detail as "detail!", account_id, product_id as "product_id?",
       currency as "currency!", month as "month!", count as "count!", amount as "amount!", months_running as "months_running!",
       months_before >= 3 and amount > most_before as "beyond_history!"
  from running
 where month between $1 and $2
 order by month desc, cause, source, detail, currency, account_id, product_id
offset $6 limit $7
