-- A version comes when it is approved and its time is there, and holds until a later one has come.
with version as (
  select p.*, a.state as approval_state,
         p.effective_at <= $3 and (p.approval_id is null or a.state in ('APPROVED', 'EXECUTED') and a.ended_at <= $3) as has_come
    from policy_version p left join approval a using (approval_id)
)
select v.version, v.title, v.yaml, v.digest, v.effective_at, v.uploaded_by, v.uploaded_at, v.approval_id,
       v.approval_state as "approval_state?", v.has_come as "has_come!",
       exists (select from version later where later.version > v.version and later.has_come) as "is_past!"
  from version v
 where ($1::integer is null or v.version = $1) and ($2::integer is null or v.version < $2)
 order by v.version desc limit $4
