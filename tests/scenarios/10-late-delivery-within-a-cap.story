# A million impressions are booked. What January counts late bills in February, marked January, and what is beyond the
# million is free. Over its life the line bills 7,500.00 to the cent.

Told before: before/publisher.story

The platform syncs revision 1 of order IO-2006 for ALPHA
  | line | product | first      | last       | units   | rate |
  | L1   | DISPLAY | 2026-01-10 | 2026-02-28 | 1000000 | 7.50 |
The order is CREATED
The ad server counts january
  | order   | line | date       | impressions |
  | IO-2006 | L1   | 2026-01-12 | 312345      |
  | IO-2006 | L1   | 2026-01-28 | 300000      |
Run and issue 2026-01, dated 2026-01-31
The lines of IO-2006 in 2026-01
  | line | kind     | quantity | unit       | rate | gross    |
  | L1   | DELIVERY | 612345   | impression | 7.50 | 4,592.59 |
The ad server counts february
  | order   | line | date       | impressions |
  | IO-2006 | L1   | 2026-01-30 | 20000       |
  | IO-2006 | L1   | 2026-02-20 | 400000      |
Run and issue 2026-02, dated 2026-02-28
The lines of IO-2006 in 2026-02
  | line | kind          | quantity | rate | gross    | origin                   | late |
  | L1   | DELIVERY      | 20000    | 7.50 | 150.00   | 2026-01-01 to 2026-01-31 | yes  |
  | L1   | DELIVERY      | 367655   | 7.50 | 2,757.41 | 2026-02-01 to 2026-02-28 |      |
  | L1   | OVER_DELIVERY | 32345    | 0.00 | 0.00     | 2026-02-01 to 2026-02-28 |      |
The invoices
  | order   | month   | gross    |
  | IO-2006 | 2026-01 | 4,592.59 |
  | IO-2006 | 2026-02 | 2,907.41 |
The laws of the books hold
