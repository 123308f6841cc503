-- How much of a line is asked for may be said otherwise than in money. Its gross is then what that comes to, as invoicing has worked it
-- out; of a correction of tax it is the tax that it moves.

alter table adjustment_line
  add column quantity     numeric constraint adjustment_line_quantity check (quantity > 0),
  -- What the tax should have been.
  add column tax_category text constraint adjustment_line_tax_category check (tax_category in ('S', 'Z', 'E', 'AE', 'K', 'G')),
  add column tax_percent  numeric constraint adjustment_line_tax_percent check (tax_percent between 0 and 100),
  add column tax_reason   text,
  add column tax_place    text,
  add constraint adjustment_line_tax_is_whole check (num_nulls(tax_category, tax_percent, tax_reason, tax_place) in (0, 4)),
  add constraint adjustment_line_is_said_in_one_way check (quantity is null or tax_category is null);

-- What is owed is opened by one adjustment and may be let go by another.
alter table adjustment
  drop constraint adjustment_kind,
  add constraint adjustment_kind check (kind in (
    'CREDIT', 'DEBIT', 'REBILL', 'MAKEGOOD', 'WRITE_OFF', 'GOODWILL', 'TAX_CORRECTION', 'RATING_CORRECTION', 'MAKEGOOD_RELEASE')),
  drop constraint adjustment_document_is_of_one,
  add constraint adjustment_document_is_of_one unique (account_id, document, kind);

-- The spots by which a line is said, in the order in which they are named.
create table adjustment_spot (
  account_id    uuid not null,
  adjustment_id uuid not null,
  number        integer not null,
  ordinal       bigint not null,
  name          text not null constraint adjustment_spot_name check (name <> ''),
  primary key (account_id, adjustment_id, number, ordinal),
  foreign key (account_id, adjustment_id, number) references adjustment_line
);
grant select, insert, delete on adjustment_spot to adjustments_app;
