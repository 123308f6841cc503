# Three accounts are rated; a batch restates one of them. The others stay byte for byte what they were.

Told before: before/publisher.story

The platform syncs revision 1 of order IO-A for ALPHA
  | line | product | first      | last       | units   | rate |
  | L1   | DISPLAY | 2026-01-01 | 2026-01-31 | 1000000 | 8.00 |
The platform syncs revision 1 of order IO-B for BRAVO
  | line | product | first      | last       | units   | rate |
  | L1   | DISPLAY | 2026-01-01 | 2026-01-31 | 1000000 | 8.00 |
The platform syncs revision 1 of order IO-C for CHARLIE
  | line | product | first      | last       | units   | rate |
  | L1   | DISPLAY | 2026-01-01 | 2026-01-31 | 1000000 | 8.00 |
The ad server counts january
  | order | line | date       | impressions |
  | IO-A  | L1   | 2026-01-10 | 500000      |
  | IO-B  | L1   | 2026-01-10 | 500000      |
  | IO-C  | L1   | 2026-01-10 | 500000      |
The first manager starts a preview of 2026-01
The first manager starts the run of 2026-01
The run is IN_REVIEW
Its drafts
  | order | gross    |
  | IO-A  | 4,000.00 |
  | IO-B  | 4,000.00 |
  | IO-C  | 4,000.00 |
Its drafts are noted
The ad server counts restated
  | order | line | date       | impressions |
  | IO-B  | L1   | 2026-01-10 | 488000      |
The first manager refreshes it
Its drafts
  | order | gross    |
  | IO-A  | 4,000.00 |
  | IO-B  | 3,904.00 |
  | IO-C  | 4,000.00 |
The drafts of IO-A and IO-C are byte for byte as they were
Compared with the preview
  | order | line | difference |
  | IO-B  | L1   | -96.00     |
