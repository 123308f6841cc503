# A purchase order over 10,000.00 carries two orders. The first uses up most of it; the second waits until somebody types
# in another one, and is free at once.

Told before: before/publisher.story

The platform syncs revision 1 of order IO-2007 for ALPHA, under purchase order PO-1 of 10,000.00
  | line | product | first      | last       | amount   | schedule   |
  | L1   | SPONSOR | 2026-01-01 | 2026-01-31 | 8,000.00 | EVEN_SPLIT |
The order is CREATED
The platform syncs revision 1 of order IO-2008 for ALPHA, under purchase order PO-1 of 10,000.00
  | line | product | first      | last       | amount   | schedule   |
  | L1   | SPONSOR | 2026-01-01 | 2026-01-31 | 8,000.00 | EVEN_SPLIT |
The first manager starts the run of 2026-01
The run is IN_REVIEW
Exactly one draft waits because of PURCHASE_ORDER_USED_UP
The first manager types purchase order PO-2 into the draft that waits
No draft waits
The second manager approves it
The second manager issues it, dated 2026-01-31
The run is ISSUED
The invoices
  | month   | gross    |
  | 2026-01 | 8,000.00 |
  | 2026-01 | 8,000.00 |
