-- What an order says beyond what bills, what an account asks of its orders, and orders that wait for somebody to look at
-- them.

alter table insertion_order
  add column discount_amount numeric constraint insertion_order_discount_amount check (discount_amount >= 0);

alter table order_line
  -- Price and amount before discount. `amount` is after every discount, and so are the rates of the segments where a
  -- discount is an amount.
  add column list_rate        numeric,
  add column list_amount      numeric constraint order_line_list_amount check (list_amount >= 0),
  add column discount_percent numeric constraint order_line_discount_percent check (discount_percent between 0 and 100),
  add column discount_amount  numeric constraint order_line_discount_amount check (discount_amount >= 0),
  -- At which every unit bills if the line is closed early.
  add column short_rate       numeric constraint order_line_short_rate check (short_rate >= 0),
  -- What the money of the line follows from, text by term: what an amendment changes shows by comparing.
  add column said             jsonb not null default '{}';
update order_line l set list_amount = amount,
  list_rate = (select s.rate from term_segment s
                where s.account_id = l.account_id and s.line_id = l.line_id and s.first_day = l.flight_first),
  booked_units = (select s.booked_units from term_segment s
                   where s.account_id = l.account_id and s.line_id = l.line_id and s.first_day = l.flight_first);
alter table order_line alter column list_amount set not null;

-- The parts of a fee as they were agreed; what bills of them is in schedule_part.
create table milestone (
  account_id  uuid not null,
  line_id     uuid not null,
  ordinal     integer not null,
  day         date not null,
  amount      numeric not null constraint milestone_amount check (amount >= 0),
  description text not null,
  primary key (account_id, line_id, ordinal),
  foreign key (account_id, line_id) references order_line
);

-- Billing instructions and credit of a bill-to party.
alter table account
  add column purchase_order_required boolean not null default false,
  -- Empty: any. `9` stands for a digit, `A` for a letter, everything else for itself.
  add column purchase_order_format   text not null default '',
  -- In the account's currency; null: none.
  add column credit_limit            numeric constraint account_credit_limit check (credit_limit >= 0);

-- Why nothing is billed to an account for now.
create table account_hold (
  account_id uuid not null references account,
  ordinal    integer not null,
  reason     text not null,
  owner      text not null,
  -- The last day; null: until it is lifted.
  expires    date,
  primary key (account_id, ordinal)
);

-- Orders that were received and wait: approved, they are taken as they came or as they were adjusted.
alter table order_revision drop constraint order_revision_outcome, add constraint order_revision_outcome
  check (outcome in ('CREATED', 'AMENDED', 'CONFLICT', 'IN_REVIEW'));
create table order_review (
  account_id     uuid not null references account,
  order_id       uuid not null,
  revision       bigint not null constraint order_review_revision check (revision >= 1),
  row_revision   bigint not null,
  entity_id      uuid not null references billing_entity,
  territory      text not null,
  source_system  text not null,
  external_id    text not null,
  content_digest bytea not null,
  -- The order as it came, and as it was adjusted: the message of the contract.
  received       bytea not null,
  adjusted       bytea,
  state          text not null constraint order_review_state check (state in ('WAITING', 'APPROVED', 'REJECTED', 'SUPERSEDED')),
  -- [{"reason": "AMENDMENT_SCOPE_MISSING", "line": "L1", "message": "…"}]
  findings       jsonb not null,
  received_at    timestamptz not null,
  -- Who sent it, and who adjusted it: none of them approves it.
  makers         text[] not null,
  decided_at     timestamptz,
  decided_by     text,
  note           text not null default '',
  primary key (account_id, order_id, revision),
  constraint order_review_is_decided check ((state in ('APPROVED', 'REJECTED')) = (decided_by is not null)),
  constraint order_review_approved_by_another check (state <> 'APPROVED' or decided_by <> all (makers))
);

grant select, insert, delete on milestone, account_hold to invoicing_app;
grant select, insert, update on order_review to invoicing_app;
