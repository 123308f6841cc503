-- Tax: what is taxed at which rate where and when, who is exempt, and what each document carries of it.

alter table billing_entity
  -- Where the entity sells from; null: the country of its address.
  add column tax_place text,
  add column tax_base text not null default 'NET_OF_COMMISSION' constraint billing_entity_tax_base check (tax_base in ('NET_OF_COMMISSION', 'GROSS'));
alter table account
  -- Where the account is taxed on what is not allocated to places; null: the country of its address.
  add column tax_place text,
  -- [{"place": "DE", "number": "DE129274202", "first": "2020-01-01", "last": null}, …]
  add column tax_registrations jsonb not null default '[]',
  -- [{"place": null, "category": "E", "reason": "…", "certificate": "…", "first": "2020-01-01", "last": null}, …]
  add column tax_exemptions jsonb not null default '[]';

-- No two rates of a place and tax code hold on one day: whoever writes one locks the table and looks first.
create table tax_rate (
  tax_rate_id     uuid primary key,
  revision        bigint not null,
  place           text not null,
  tax_code        text not null,
  category        text not null constraint tax_rate_category check (category in ('S', 'Z', 'E', 'AE', 'K', 'G')),
  percent         numeric not null constraint tax_rate_percent check (percent between 0 and 100),
  reason          text not null,
  reverse_charged boolean not null,
  valid_first     date not null,
  valid_last      date,
  created_at      timestamptz not null,
  updated_at      timestamptz not null,
  constraint tax_rate_is_unique unique (place, tax_code, valid_first),
  constraint tax_rate_percent_fits check ((category = 'S') = (percent > 0)),
  constraint tax_rate_says_why check (category in ('S', 'Z') or reason <> ''),
  constraint tax_rate_ends_after_it_begins check (valid_last >= valid_first)
);

-- Where a line was seen: from each of these days on, its impressions by place.
create table line_tax_place (
  account_id  uuid not null,
  line_id     uuid not null,
  from_day    date not null,
  place       text not null,
  impressions bigint not null constraint line_tax_place_impressions check (impressions > 0),
  primary key (account_id, line_id, from_day, place),
  foreign key (account_id, line_id) references order_line
);

alter table draft
  add column tax_base text not null default 'NET_OF_COMMISSION' constraint draft_tax_base check (tax_base in ('NET_OF_COMMISSION', 'GROSS'));
alter table invoice
  add column tax_base text not null default 'NET_OF_COMMISSION' constraint invoice_tax_base check (tax_base in ('NET_OF_COMMISSION', 'GROSS'));
alter table draft_line
  add column tax_place    text not null default '',
  add column tax_category text not null default 'O' constraint draft_line_tax_category check (tax_category in ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')),
  add column tax_percent  numeric not null default 0,
  -- The line's part of its tax row.
  add column tax          numeric not null default 0;
alter table invoice_line
  add column tax_place    text not null default '',
  add column tax_category text not null default 'O' constraint invoice_line_tax_category check (tax_category in ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')),
  add column tax_percent  numeric not null default 0,
  add column tax          numeric not null default 0;

-- One row for each category and percent of a document's lines (EN 16931 BG-23).
create table draft_tax (
  account_id uuid not null,
  invoice_id uuid not null,
  ordinal    integer not null,
  category   text not null constraint draft_tax_category check (category in ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')),
  percent    numeric not null,
  reason     text not null,
  base       numeric not null,
  tax        numeric not null,
  primary key (account_id, invoice_id, ordinal)
);
create table invoice_tax (like draft_tax including constraints,
  primary key (account_id, invoice_id, ordinal),
  foreign key (account_id, invoice_id) references invoice);

-- What was made before there was tax is not subject to it.
insert into draft_tax select account_id, invoice_id, 1, 'O', 0, 'Not subject to tax', net, 0 from draft;
insert into invoice_tax select account_id, invoice_id, 1, 'O', 0, 'Not subject to tax', net, 0 from invoice;

grant select, insert, update on tax_rate to invoicing_app;
grant select, insert, delete on line_tax_place, draft_tax to invoicing_app;
grant select, insert on invoice_tax to invoicing_app;
