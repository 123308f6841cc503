-- Which difference that rating holds an adjustment takes back of a document. One that is neither executed nor ended stands for it.

create table proposed_correction (
  account_id    uuid not null,
  adjustment_id uuid not null,
  entity_id     uuid not null,
  -- The difference: a line of an order in an origin period, and the document that takes it back.
  order_name    text not null,
  line          text not null,
  origin_first  date not null,
  origin_last   date not null,
  invoice_id    uuid not null,
  -- The run that held it last, and by which exception.
  run_id        uuid not null,
  exception     text not null,
  -- What was held, so that another difference is seen.
  said          text not null,
  -- Nothing of it was held any more, and so it ended.
  lapsed        boolean not null,
  primary key (account_id, adjustment_id),
  foreign key (account_id, adjustment_id) references adjustment
);
create index proposed_correction_by_entity on proposed_correction (entity_id, run_id);

grant select, insert, update on proposed_correction to adjustments_app;
