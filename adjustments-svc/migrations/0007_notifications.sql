-- Who wants to be told of what happens, and what they were told: of the coordinator, as the feed is.

create table subscription (
  subscription_id uuid primary key,
  subscriber      text not null,
  type_prefixes   text[] not null constraint subscription_says_of_what check (cardinality(type_prefixes) between 1 and 50),
  channel         text not null constraint subscription_channel check (channel in ('WEBHOOK', 'MAIL')),
  target          text not null,
  -- Of a webhook.
  host            text,
  secret          text,
  -- What its subscriber might see when they made it; null: everything.
  scope           jsonb,
  created_at      timestamptz not null,
  ended_at        timestamptz,
  -- Only what comes after it.
  after_position  bigint not null,
  constraint subscription_webhook_is_signed check (num_nulls(host, secret) = case channel when 'WEBHOOK' then 0 else 2 end)
);

create table notification (
  subscription_id uuid not null references subscription,
  position        bigint not null,
  attempts        integer not null constraint notification_attempts check (attempts >= 0),
  due_at          timestamptz not null,
  -- When it is tried next; null: it is done.
  attempt_at      timestamptz,
  failure         text not null,
  delivered_at    timestamptz,
  primary key (subscription_id, position),
  constraint notification_is_done_once check (delivered_at is null or attempt_at is null)
);
create index notification_to_deliver on notification (attempt_at) where attempt_at is not null;

grant select, insert, update on subscription, notification to adjustments_app;
