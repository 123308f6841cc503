-- The tables of crate outbox. The first migration of every service contains this file as it is.
-- They belong to no account: on Citus they are local tables of the coordinator.
-- The service's role needs: select, insert, update (position) on outbox; select, update on feed;
-- select, insert, update on inbox; select, insert, update (answer) on answered_request.

-- What happened, written by the transaction that did it. The sequencer gives positions after the commit.
create table outbox (
    event_id    uuid        constraint outbox_pkey primary key,
    type        text        not null,
    subject     text        not null,
    entity      uuid,
    account     uuid,
    actor       text        not null,
    trace       text        not null,
    occurred_at timestamptz not null,
    payload     bytea       not null,
    position    bigint      constraint outbox_position_key unique
                            constraint outbox_position_positive check (position > 0)
);
create index outbox_unpositioned on outbox (event_id) where position is null;

-- The last position given. One row: who gives positions locks it.
create table feed (
    position bigint not null constraint feed_position_not_negative check (position >= 0)
);
create unique index feed_single on feed ((true));
insert into feed (position) values (0);

-- How far this service has heard the feeds of others.
create table inbox (
    feed     text   constraint inbox_pkey primary key,
    position bigint not null constraint inbox_position_not_negative check (position >= 0)
);

-- Which requests were answered, and how: the same request again gets the same answer.
create table answered_request (
    caller      text        not null,
    method      text        not null,
    request_id  text        not null,
    body_digest bytea       not null,
    answer      bytea,
    answered_at timestamptz not null,
    constraint answered_request_pkey primary key (caller, method, request_id)
);

-- Whether a caller's grants cover something. What belongs to no entity, territory or account is seen by those without limits.
create function in_scope(scope jsonb, entity uuid, territory text, account uuid) returns boolean
  language sql immutable parallel safe
  return scope is null or exists (
    select from jsonb_array_elements(scope) as granted(limits)
    where (limits -> 'entities' = '[]' or entity is not null and limits -> 'entities' ? entity::text)
      and (limits -> 'territories' = '[]' or territory is not null and limits -> 'territories' ? territory)
      and (limits -> 'accounts' = '[]' or account is not null and limits -> 'accounts' ? account::text));

grant select, insert, update on outbox, feed, inbox, answered_request to adjustments_app;
