delete from draft d using unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id)
 where (d.account_id, d.invoice_id) = (chunk.account_id, chunk.invoice_id)
