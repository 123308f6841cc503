# The same month again bills nothing; a spot of January that is reported in April bills in April, marked January.

Told before: before/january-aired.story

Run and issue 2026-01, dated 2026-01-31
The first manager starts the run of 2026-01
The run is IN_REVIEW
There are no drafts
The first manager cancels it
The run is CANCELLED

Run and issue 2026-02, dated 2026-02-28
Run and issue 2026-03, dated 2026-03-31

The platform reports batch found-in-april
  | order   | line | spot | date       | time  | rate   | status |
  | IO-1001 | L3   | 4    | 2026-01-29 | 18:30 | 275.00 | AIRED  |
Run and issue 2026-04, dated 2026-04-30
The lines of IO-1001 in 2026-04
  | line | kind  | quantity | unit | rate   | gross  | origin                   | late | note                 |
  | L3   | SPOTS | 1        | spot | 275.00 | 275.00 | 2026-01-01 to 2026-01-31 | yes  | January 2026 service |
The invoices
  | order   | month   | number      | gross    |
  | IO-1001 | 2026-01 | 2026-000001 | 3,883.34 |
  | IO-1001 | 2026-02 | 2026-000002 | 3,333.33 |
  | IO-1001 | 2026-03 | 2026-000003 | 3,333.33 |
  | IO-1001 | 2026-04 | 2026-000004 | 275.00   |
The books of NYTV balance
The laws of the books hold
