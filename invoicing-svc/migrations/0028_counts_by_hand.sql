-- Counts that somebody typed in by hand wait in quarantine until a second person has looked at what proves them.

alter table delivery_batch
  -- What proves them; null for what a source counted by itself.
  add column evidence text constraint delivery_batch_evidence check (evidence <> '');
