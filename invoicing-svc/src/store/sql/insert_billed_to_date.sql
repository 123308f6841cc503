-- The entry of each line was chosen when it was rated: had another document billed the line meanwhile, it would collide.
insert into billed_to_date (account_id, line_id, entry, basis, kind, origin_first, origin_last, segment_first, rate, price_base, units,
                            gross, invoice_id, recorded_at)
select account_id, line_id, entry, 'RATED', kind, origin_first, origin_last, segment_first, rate, price_base, quantity, gross, invoice_id, $3
  from draft_line join unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id) using (account_id, invoice_id)
