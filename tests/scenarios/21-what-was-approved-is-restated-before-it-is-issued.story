# Three drafts are approved, and billing has heard of it. Then the third is restated, and nobody refreshes the run: what was approved
# is issued, and what would be another draft by now waits.

Told before: before/publisher.story

The platform syncs revision 1 of order IO-A for ALPHA
  | line | product | first      | last       | units   | rate  |
  | L1   | DISPLAY | 2026-01-01 | 2026-01-31 | 2000000 | 12.00 |
The platform syncs revision 1 of order IO-B for BRAVO
  | line | product | first      | last       | units   | rate  |
  | L1   | DISPLAY | 2026-01-01 | 2026-01-31 | 2000000 | 8.00  |
The platform syncs revision 1 of order IO-C for CHARLIE
  | line | product | first      | last       | units   | rate  |
  | L1   | DISPLAY | 2026-01-01 | 2026-01-31 | 2000000 | 5.00  |
The ad server counts january
  | order | line | date       | impressions |
  | IO-A  | L1   | 2026-01-10 | 1000000     |
  | IO-B  | L1   | 2026-01-10 | 1000000     |
  | IO-C  | L1   | 2026-01-10 | 1000000     |
The first manager starts the run of 2026-01
The run is IN_REVIEW
Its drafts
  | order | gross     |
  | IO-A  | 12,000.00 |
  | IO-B  | 8,000.00  |
  | IO-C  | 5,000.00  |
The second manager approves it
The run is APPROVED
The ad server counts restated
  | order | line | date       | impressions |
  | IO-C  | L1   | 2026-01-10 | 1008000     |
The second manager issues it, dated 2026-01-31
The run is ISSUED
The invoices
  | order | gross     |
  | IO-A  | 12,000.00 |
  | IO-B  | 8,000.00  |
The first manager starts the run of 2026-01
The run is IN_REVIEW
Its drafts
  | order | gross    |
  | IO-C  | 5,040.00 |
