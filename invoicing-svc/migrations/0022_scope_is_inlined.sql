-- A function that asks a table is called for every row; one that asks nothing becomes part of its query. Most callers have
-- no limits, and for them nothing is left of it.

create function is_granted(scope jsonb, entity uuid, territory text, account uuid) returns boolean
  language sql immutable parallel safe
  return exists (
    select from jsonb_array_elements(scope) as granted(limits)
    where (entity is null or limits -> 'entities' = '[]' or limits -> 'entities' ? entity::text)
      and (territory is null or limits -> 'territories' = '[]' or limits -> 'territories' ? territory)
      and (account is null or limits -> 'accounts' = '[]' or limits -> 'accounts' ? account::text));

create or replace function in_scope(scope jsonb, entity uuid, territory text, account uuid) returns boolean
  language sql immutable parallel safe
  return scope is null or is_granted(scope, entity, territory, account);
