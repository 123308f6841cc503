-- What a batch leaves open of a day stays as it was, and a day of which a row waits in the quarantine is not replaced.

-- The measures that the batch of a fact did not say, and that the fact took over from the one before it: a bit each, in the order of
-- the columns, or null. So every fact is whole, and whoever wants to know what holds of a day reads one.
alter table delivery_fact add column carried integer;

-- REPLACE: days of which nothing was said that can be used, and which keep their value because a row of theirs waits in the quarantine.
alter table delivery_batch add column rows_kept bigint not null default 0;

-- Which measures of a fact are there: a bit each, in the order of the columns.
create function measures_of(gross_impressions bigint, general_invalid bigint, sophisticated_invalid bigint, impressions bigint,
                            viewable_impressions bigint, clicks bigint, views bigint, completed_views bigint, actions bigint,
                            spend numeric, hours numeric) returns integer
  language sql immutable parallel safe
  return (gross_impressions is not null)::integer + (general_invalid is not null)::integer * 2
       + (sophisticated_invalid is not null)::integer * 4 + (impressions is not null)::integer * 8
       + (viewable_impressions is not null)::integer * 16 + (clicks is not null)::integer * 32
       + (views is not null)::integer * 64 + (completed_views is not null)::integer * 128
       + (actions is not null)::integer * 256 + (spend is not null)::integer * 512 + (hours is not null)::integer * 1024;
