-- Price lists, until when products are sold, and what bills while a third party has not counted.

-- A range of one text: with it, equal texts exclude each other beside overlapping days.
create type text_range as range (subtype = text, collation = "C");
create table rate_card (
  rate_card_id uuid primary key,
  revision     bigint not null,
  product_id   uuid not null references ad_product,
  -- Empty: every market without a card of its own.
  market       text not null,
  currency     text not null,
  list_price   numeric not null constraint rate_card_list_price check (list_price > 0),
  valid_first  date not null,
  valid_last   date,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  constraint rate_card_ends_after_it_begins check (valid_last >= valid_first),
  constraint rate_card_holds_alone exclude using gist (
    text_range(product_id::text || ' ' || currency || ' ' || market, product_id::text || ' ' || currency || ' ' || market, '[]') with &&,
    daterange(valid_first, valid_last, '[]') with &&)
);
grant select, insert, update on rate_card to invoicing_app;

alter table billing_entity
  -- By how many percent an order may be below the list price; null: orders are not compared with rate cards.
  add column rate_card_tolerance_percent numeric
    constraint billing_entity_rate_card_tolerance check (rate_card_tolerance_percent between 0 and 100);
alter table ad_product
  -- The last day on which it is sold; null: none is known.
  add column effective_until date constraint ad_product_ends_after_it_begins check (effective_until >= effective_from);

alter table order_line
  -- What bills of a period that the third party has not counted by so many days after its end.
  add column without_count      text not null default 'HOLD' constraint order_line_without_count check (without_count in ('HOLD', 'BILL_OWN')),
  add column count_due_days     integer not null default 0 constraint order_line_count_due_days check (count_due_days between 0 and 365);
