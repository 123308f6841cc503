-- What takes back what is held, and who made the difference: so that it can be corrected, and by whom it is not approved. And what is
-- owed where two counts are apart.

alter table billing_exception
  -- NEGATIVE_DELTA: [{"invoice": "…", "line": 1, "gross": "2000.00", "changes": [{"kind": "DELIVERY", "segment_first": "2026-01-01",
  -- "rate": "10", "price_base": 1000, "units": "-1000000"}, …], "spots": []}, …], the lines of documents that take it back. What a
  -- note took goes.
  add column taken_back jsonb not null default '[]',
  add column makers text[] not null default '{}';
create index billing_exception_held on billing_exception (account_id) where reason = 'NEGATIVE_DELTA' and state = 'OPEN';

-- Of two counts that are apart the lower one bills, and what is missing to the other is made good: somebody chose so of a line's period.
-- Gone where they choose otherwise.
create table owed_shortfall (
  account_id   uuid not null,
  line_id      uuid not null,
  origin_first date not null,
  origin_last  date not null,
  order_id     uuid not null,
  -- As what it is owed, as spots are: an id of its own.
  airing_id    uuid not null,
  -- In the order's currency: what the own count would have billed beyond the other.
  amount       numeric not null constraint owed_shortfall_amount check (amount > 0),
  reason       text not null constraint owed_shortfall_says_why check (reason <> ''),
  owed_by      text not null,
  owed_at      timestamptz not null,
  primary key (account_id, line_id, origin_first),
  foreign key (account_id, line_id) references order_line,
  foreign key (account_id, order_id) references insertion_order
);
create index owed_shortfall_by_order on owed_shortfall (account_id, order_id);
grant select, insert, update, delete on owed_shortfall to invoicing_app;
