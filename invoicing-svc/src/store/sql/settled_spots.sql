-- What became of missed spots otherwise than by makegoods: credited by a note on a basis, or released.
select c.airing_id as "airing_id!", i.basis, null::numeric as released
  from credited_spot c join invoice i using (account_id, invoice_id)
 where c.account_id = any($1)
 union all
select airing_id, null, amount from makegood_release where account_id = any($1)
