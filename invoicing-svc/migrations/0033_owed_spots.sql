-- Spots that a document bills and that are made good by others, because somebody decided so and whatever their source says of them:
-- nothing is credited for them instead. Only ever added to.
create table owed_spot (
  account_id uuid not null,
  airing_id  uuid not null,
  order_id   uuid not null,
  -- The line that bills it.
  invoice_id uuid not null,
  number     integer not null,
  reason     text not null constraint owed_spot_says_why check (reason <> ''),
  -- The id of the approval by which it was done.
  approval   text,
  owed_by    text not null,
  owed_at    timestamptz not null,
  primary key (account_id, airing_id),
  foreign key (account_id, invoice_id, number) references invoice_line,
  foreign key (account_id, order_id) references insertion_order
);
create index owed_spot_by_order on owed_spot (account_id, order_id);
create index owed_spot_by_document on owed_spot (account_id, invoice_id);
grant select, insert on owed_spot to invoicing_app;
