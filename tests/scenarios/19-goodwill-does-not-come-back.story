# Goodwill gives money back for what was billed rightly. The next run must not take it for something that was never billed.

Told before: before/thames.story

The platform syncs revision 1 of order IO-4007 for RIVERSIDE
  | line | product | first      | last       | amount    | schedule   |
  | L1   | SPONSOR | 2026-01-01 | 2026-01-31 | 40,000.00 | EVEN_SPLIT |
Run and issue 2026-01, dated today
The analyst asks for a goodwill credit of 500.00 on IO-4007 in 2026-01
It is measured at 500.00 and must be approved by BILLING_MANAGER
The first manager approves the request
The adjustment becomes EXECUTED
The credit notes
  | gross  | total  |
  | 500.00 | 510.00 |
The first manager starts the run of 2026-02
The run is IN_REVIEW
There are no drafts
