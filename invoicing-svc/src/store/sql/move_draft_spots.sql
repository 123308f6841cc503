with spot as (
  delete from draft_spot s using unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id)
   where (s.account_id, s.invoice_id) = (chunk.account_id, chunk.invoice_id)
  returning s.*
)
insert into invoice_spot (account_id, invoice_id, number, ordinal, airing_id, version)
select account_id, invoice_id, number, ordinal, airing_id, version from spot
