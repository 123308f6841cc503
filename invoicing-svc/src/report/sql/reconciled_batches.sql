-- What was released from the quarantine here was never a batch of the source.
select coalesce(s.batch_id, b.external_id) as "batch_id!", s.rows as "sent_rows?", nullif(s.amount, '')::numeric as "sent_amount?",
       b.control_rows as "known_rows?",
       case when b.kind = 'AIRINGS' or b.control_metric is not null then b.control_amount end as "known_amount?"
  from unnest($2::text[], $3::bigint[], $4::text[]) s (batch_id, rows, amount)
  full join (select * from delivery_batch
              where source = $1 and released_from is null and ($5::jsonb is null or received_by = $6)) b on b.external_id = s.batch_id
 order by 1
