-- What was decided on missed spots: credited by a note on a basis, released, or owed whatever their source says.
select c.airing_id as "airing_id!", i.basis, null::numeric as released, false as "is_decided!"
  from credited_spot c join invoice i using (account_id, invoice_id)
 where c.account_id = any($1)
 union all
select airing_id, null, amount, false from makegood_release where account_id = any($1)
 union all
select airing_id, null, null, true from owed_spot where account_id = any($1)
