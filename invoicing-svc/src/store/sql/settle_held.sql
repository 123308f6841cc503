-- What a note took of a document is held no more. A run that is in review is rated again instead.
with taken as (
  select e.exception_id,
         coalesce((select jsonb_agg(share) from jsonb_array_elements(e.taken_back) as share
                    where share ->> 'invoice' <> $2
                       or not exists (select from unnest($3::integer[], $4::text[]) as noted(line, gross)
                                       where (share ->> 'line')::integer = noted.line and share ->> 'gross' = noted.gross)),
                  '[]') as rest
    from billing_exception e join billing_run r using (run_id)
   where e.account_id = $1 and e.reason = 'NEGATIVE_DELTA' and e.state = 'OPEN' and r.state <> 'IN_REVIEW' and not r.preview
     and e.taken_back @> jsonb_build_array(jsonb_build_object('invoice', $2::text))
     for update of e
)
update billing_exception e
   set taken_back = t.rest, revision = e.revision + 1,
       state = case when t.rest = '[]' then 'RESOLVED' else e.state end,
       resolution = case when t.rest = '[]' then $5 end,
       settled_by = case when t.rest = '[]' then $6 end,
       settled_at = case when t.rest = '[]' then $7::timestamptz end
  from taken t
 where e.exception_id = t.exception_id and e.taken_back <> t.rest
returning e.run_id, e.exception_id
