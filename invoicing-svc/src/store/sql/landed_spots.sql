-- The spots that a line of a draft or document lists, in the version in which it bills them, by batch.
with spot as (
  select account_id, ordinal, airing_id, version from draft_spot where account_id = $1 and invoice_id = $2 and number = $3
   union all
  select account_id, ordinal, airing_id, version from invoice_spot where account_id = $1 and invoice_id = $2 and number = $3
)
select b.batch_id as "batch_id!", b.external_id as "external_id!", b.source as "source!", count(*) as "spots!",
       array_agg(s.airing_id order by s.ordinal) as "airings!"
  from spot s join airing a using (account_id, airing_id, version) join delivery_batch b using (batch_id)
 group by b.batch_id order by b.batch_id
