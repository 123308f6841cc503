insert into invoice_spot (account_id, invoice_id, number, ordinal, airing_id, version)
select account_id, invoice_id, number, ordinal, airing_id, version
  from draft_spot join unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id) using (account_id, invoice_id)
