-- What persons did by calls stands in the outbox; the rest they have reported. Ids of version 7 ascend with time.
select id as "id!", subject as "subject!", kind as "kind!", person as "person!", touched_at as "touched_at!", seconds as "seconds!", cause
  from (
    (select event_id as id, subject, type as kind, actor as person, occurred_at as touched_at, 0::bigint as seconds, null as cause
       from outbox
      where actor <> 'system' and ($1::text is null or subject = $1) and ($2::text is null or actor = $2)
        and ($3::uuid is null or event_id < $3) and in_scope($4::jsonb, entity, null, account)
      order by event_id desc limit $5)
    union all
    (select touch_id, subject, kind, person, touched_at, seconds, cause
       from touch
      where ($1 is null or subject = $1) and ($2 is null or person = $2) and ($3 is null or touch_id < $3)
        and ($4 is null or person = $6)
      order by touch_id desc limit $5)
  ) as touched
 order by id desc limit $5
