-- Rows of the quarantine are released once what was wrong with them is mended.

alter table delivery_batch
  -- The first line of a CSV file, without which its quarantined records could not be read again.
  add column file_header   text,
  -- The batch whose quarantined rows this one has.
  add column released_from uuid references delivery_batch;
alter table quarantined_row
  -- The batch as part of which the row was released.
  add column released_by uuid;
grant update (column_name, reason, message, released_by) on quarantined_row to invoicing_app;

-- What a batch changed is found by its landing. Facts are only added, in the order of their landings: a few bytes a
-- million rows, and nothing that an import would feel.
create index delivery_fact_by_landing on delivery_fact using brin (landing);
