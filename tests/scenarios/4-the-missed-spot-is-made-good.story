# What was missed in January airs in February, names what it makes good, and bills what was not billed before.

Told before: before/january-aired.story

Run and issue 2026-01, dated 2026-01-31

The platform reports batch february
  | order   | line | spot | date       | time  | rate   | status | makegood for |
  | IO-1001 | L3   | MG1  | 2026-02-05 | 18:30 | 275.00 | AIRED  | L3.3         |
Run and issue 2026-02, dated 2026-02-28
The lines of IO-1001 in 2026-02
  | line | kind          | quantity | unit | rate    | gross    | origin                   |
  | L2   | SCHEDULE_PART | 1        | fee  | 3333.33 | 3,333.33 | 2026-02-01 to 2026-02-28 |
  | L3   | MAKEGOOD      | 1        | spot | 275.00  | 275.00   | 2026-02-01 to 2026-02-28 |

Run and issue 2026-03, dated 2026-03-31
The lines of IO-1001 in 2026-03
  | line | kind          | quantity | unit | rate    | gross    | origin                   |
  | L2   | SCHEDULE_PART | 1        | fee  | 3333.33 | 3,333.33 | 2026-03-01 to 2026-03-31 |

The invoices
  | order   | month   | number      | gross    | commission | net      |
  | IO-1001 | 2026-01 | 2026-000001 | 3,883.34 | 582.50     | 3,300.84 |
  | IO-1001 | 2026-02 | 2026-000002 | 3,608.33 | 541.25     | 3,067.08 |
  | IO-1001 | 2026-03 | 2026-000003 | 3,333.33 | 500.00     | 2,833.33 |
Over REST the invoices read the same
The PDF, CSV and JSON of every invoice can be downloaded
