-- Makegoods. What is owed and what makes it good follows from the airings; here is what people decided about it.

alter table billing_entity
  -- Within how many days of the missed spot its makegood has to air; null: whenever.
  add column makegood_days integer constraint billing_entity_makegood_days check (makegood_days between 1 and 3650);

create index airing_to_make_good on airing (account_id, order_id) where superseded_at is null and (status = 'MADE_GOOD' or makegood_for <> '{}');

-- What was billed for a spot and given back by a credit note that names it: once. Only ever added to.
create table credited_spot (
  account_id uuid not null,
  airing_id  uuid not null,
  order_id   uuid not null,
  -- The note.
  invoice_id uuid not null,
  primary key (account_id, airing_id),
  foreign key (account_id, invoice_id) references invoice,
  foreign key (account_id, order_id) references insertion_order
);
create index credited_spot_by_order on credited_spot (account_id, order_id);
grant select, insert on credited_spot to invoicing_app;

-- What was left of the obligation for a missed spot, and is owed no more. Only ever added to.
create table makegood_release (
  account_id  uuid not null,
  airing_id   uuid not null,
  order_id    uuid not null,
  -- In the order's currency.
  amount      numeric not null constraint makegood_release_amount check (amount > 0),
  reason      text not null constraint makegood_release_says_why check (reason <> ''),
  -- The id of the approval by which it was done.
  approval    text,
  released_by text not null,
  released_at timestamptz not null,
  primary key (account_id, airing_id),
  foreign key (account_id, order_id) references insertion_order
);
create index makegood_release_by_order on makegood_release (account_id, order_id);
grant select, insert on makegood_release to invoicing_app;

-- What somebody decided on makegoods beyond what is owed, of a line's period. Only ever added to.
create table decided_excess (
  account_id   uuid not null,
  decision_id  uuid not null,
  line_id      uuid not null,
  origin_first date not null,
  outcome      text not null constraint decided_excess_outcome check (outcome in ('BILL', 'FREE')),
  -- In the order's currency.
  amount       numeric not null constraint decided_excess_amount check (amount > 0),
  decided_by   text not null,
  decided_at   timestamptz not null,
  primary key (account_id, decision_id),
  foreign key (account_id, line_id) references order_line
);
create index decided_excess_by_line on decided_excess (account_id, line_id);
grant select, insert on decided_excess to invoicing_app;
