-- What takes back what is held, and who made the difference: so that it can be corrected, and by whom it is not approved.

alter table billing_exception
  -- NEGATIVE_DELTA: [{"invoice": "…", "line": 1, "gross": "2000.00", "changes": [{"kind": "DELIVERY", "segment_first": "2026-01-01",
  -- "rate": "10", "price_base": 1000, "units": "-1000000"}, …]}, …], the lines of documents that take it back. What a note took goes.
  add column taken_back jsonb not null default '[]',
  add column makers text[] not null default '{}';
create index billing_exception_held on billing_exception (account_id) where reason = 'NEGATIVE_DELTA' and state = 'OPEN';
