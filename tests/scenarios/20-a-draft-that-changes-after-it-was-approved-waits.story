# Three drafts are approved. Before billing hears of it the third is restated: what was approved is issued, and what
# changed waits until somebody approves that.

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
The second manager approves its drafts, and billing does not hear of it yet
The ad server counts restated
  | order | line | date       | impressions |
  | IO-C  | L1   | 2026-01-10 | 1008000     |
The first manager refreshes it
Billing hears of it
The run becomes APPROVED
Its drafts
  | order | gross     | waiting |
  | IO-A  | 12,000.00 |         |
  | IO-B  | 8,000.00  |         |
  | IO-C  | 5,040.00  | yes     |
The second manager issues it, dated 2026-01-31
The run is ISSUED
The invoices
  | order | gross     |
  | IO-A  | 12,000.00 |
  | IO-B  | 8,000.00  |
