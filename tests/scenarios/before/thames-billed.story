# An invoice of gross 40,000.00: net 34,000.00, and 40,800.00 with VAT.

Told before: before/thames.story

The platform syncs revision 1 of order IO-4001 for RIVERSIDE
  | line | product | first      | last       | amount    | schedule   |
  | L1   | SPONSOR | 2026-01-01 | 2026-01-31 | 40,000.00 | EVEN_SPLIT |
The order is CREATED
Run and issue 2026-01, dated 2026-01-31
The invoices
  | order   | number      | due date   | gross     | commission | net       | tax      | total     |
  | IO-4001 | 2026-000001 | 2026-03-02 | 40,000.00 | 6,000.00   | 34,000.00 | 6,800.00 | 40,800.00 |
