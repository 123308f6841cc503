-- Runs that are refreshed and previewed; exceptions that somebody owns and settles; drafts that wait and are edited.

alter table billing_run
  add column preview boolean not null default false,
  -- What the run has seen: a change of its inputs that is not visible in it makes an account stale.
  add column snapshot pg_snapshot not null default pg_current_snapshot(),
  -- Drafts that still waited when the rest was issued: the next run bills them.
  add column drafts_dropped bigint not null default 0,
  add constraint billing_run_preview_is_never_approved check (not (preview and state in ('APPROVED', 'ISSUING', 'ISSUED')));

alter table draft
  -- An open BLOCK exception stands in its way.
  add column waiting boolean not null default false;
grant update (waiting) on draft to invoicing_app;

-- The customer's purchase order that a document goes on, and what people wrote on it.
alter table draft add column purchase_order text;
alter table invoice
  add column purchase_order text,
  add column note text not null default '',
  add column contact text not null default '',
  add column attachment text not null default '';
create index invoice_by_purchase_order on invoice (account_id, purchase_order) where purchase_order is not null;

-- What somebody wrote on a draft where no money is touched: it stays when the draft is rated again.
create table draft_edit (
  account_id     uuid not null,
  invoice_id     uuid not null,
  revision       bigint not null,
  -- Null: as the order says.
  purchase_order text constraint draft_edit_purchase_order check (purchase_order <> ''),
  note           text not null,
  contact        text not null,
  attachment     text not null,
  edited_by      text not null,
  edited_at      timestamptz not null,
  primary key (account_id, invoice_id)
);
grant select, insert, update on draft_edit to invoicing_app;

alter table billing_exception
  add column exception_id uuid not null default gen_random_uuid() constraint billing_exception_is_unique unique,
  add column revision bigint not null default 1,
  add column state text not null default 'OPEN' constraint billing_exception_state check (state in ('OPEN', 'RESOLVED', 'OVERRIDDEN')),
  -- The draft that it belongs to; null where there is none.
  add column invoice_id uuid,
  add column line_id uuid,
  add column owner text,
  add column opened_at timestamptz not null default now(),
  -- By when somebody should have settled it; counted in business days.
  add column due_on date,
  -- What may be chosen: [{"outcome": "OWN", "amount": "12000.00", "units": "1200000"}, …].
  add column outcomes jsonb not null default '[]',
  add column outcome text,
  -- −q at the old and +q at the new price: [{"quantity": "-1000000", "rate": "10", "price_base": 1000, "amount": "-10000.00"}, …].
  add column changes jsonb not null default '[]',
  -- NEGATIVE_DELTA: what made the difference.
  add column cause text not null default '',
  add column resolution text,
  add column settled_by text,
  add column settled_at timestamptz,
  add constraint billing_exception_settled_says_who check ((state = 'OPEN') = (settled_by is null) and (state = 'OPEN') = (settled_at is null)),
  add constraint billing_exception_overridden_says_why check (state <> 'OVERRIDDEN' or resolution <> '');
create index billing_exception_by_account on billing_exception (run_id, account_id);
create index billing_exception_by_state on billing_exception (run_id, state, severity);
grant update on billing_exception to invoicing_app;

-- What somebody chose where a line could be billed in several ways; rating goes by it.
create table chosen_outcome (
  account_id   uuid not null,
  line_id      uuid not null,
  reason       text not null,
  origin_first date not null,
  outcome      text not null,
  chosen_by    text not null,
  chosen_at    timestamptz not null,
  primary key (account_id, line_id, reason, origin_first),
  foreign key (account_id, line_id) references order_line
);
grant select, insert, update on chosen_outcome to invoicing_app;

-- Somebody keeps an account, an order or one of its lines from being billed. Never deleted: it is released.
create table hold (
  account_id  uuid not null references account,
  hold_id     uuid not null,
  revision    bigint not null,
  -- Null: all of the account.
  order_id    uuid,
  -- Null: all of the order.
  line_id     uuid,
  -- Only in this run: the next one bills it.
  run_id      uuid,
  reason      text not null constraint hold_says_why check (reason <> ''),
  owner       text not null,
  -- The last day; null: until it is released.
  expires     date,
  created_by  text not null,
  created_at  timestamptz not null,
  released_by text,
  released_at timestamptz,
  primary key (account_id, hold_id),
  foreign key (account_id, order_id) references insertion_order,
  foreign key (account_id, line_id) references order_line,
  constraint hold_of_a_line_names_its_order check (line_id is null or order_id is not null)
);
create index hold_open on hold (account_id) where released_at is null;
grant select, insert on hold to invoicing_app;
grant update (revision, released_by, released_at) on hold to invoicing_app;

-- How severe a check's finding is for an entity, where it wants something else than what is usual.
create table check_severity (
  entity_id uuid not null references billing_entity,
  reason    text not null,
  severity  text not null constraint check_severity_severity check (severity in ('OFF', 'WARN', 'BLOCK')),
  set_by    text not null,
  set_at    timestamptz not null,
  primary key (entity_id, reason)
);
grant select, insert, update on check_severity to invoicing_app;
