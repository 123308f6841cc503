# A sponsorship over six months is extended to nine after three parts were billed: what was billed stays.

Told before: before/publisher.story

The platform syncs revision 1 of order IO-2002 for ALPHA
  | line | product | first      | last       | amount    | schedule   |
  | L1   | SPONSOR | 2026-01-01 | 2026-06-30 | 12,000.00 | EVEN_SPLIT |
The order is CREATED
Run and issue 2026-01, dated 2026-01-31
Run and issue 2026-02, dated 2026-02-28
Run and issue 2026-03, dated 2026-03-31
The platform syncs revision 2 of order IO-2002 for ALPHA
  | line | product | first      | last       | amount    | schedule   | scope           |
  | L1   | SPONSOR | 2026-01-01 | 2026-09-30 | 12,000.00 | EVEN_SPLIT | FROM 2026-04-01 |
The order is AMENDED
Run and issue 2026-04, dated 2026-04-30
Run and issue 2026-05, dated 2026-05-31
Run and issue 2026-06, dated 2026-06-30
Run and issue 2026-07, dated 2026-07-31
Run and issue 2026-08, dated 2026-08-31
Run and issue 2026-09, dated 2026-09-30
The invoices
  | order   | month   | gross    |
  | IO-2002 | 2026-01 | 2,000.00 |
  | IO-2002 | 2026-02 | 2,000.00 |
  | IO-2002 | 2026-03 | 2,000.00 |
  | IO-2002 | 2026-04 | 1,000.00 |
  | IO-2002 | 2026-05 | 1,000.00 |
  | IO-2002 | 2026-06 | 1,000.00 |
  | IO-2002 | 2026-07 | 1,000.00 |
  | IO-2002 | 2026-08 | 1,000.00 |
  | IO-2002 | 2026-09 | 1,000.00 |
