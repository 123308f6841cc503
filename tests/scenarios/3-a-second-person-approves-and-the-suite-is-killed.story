# Nobody approves what they started; and a process that dies while it issues leaves one document, not two and not half.

Told before: before/january-aired.story

The first manager starts the run of 2026-01
The first manager approves it
It is refused: SELF_APPROVAL
The second manager approves it
The run is APPROVED

The second manager issues it, dated 2026-01-31, and the suite is killed
The suite is started again
The run becomes ISSUED
The invoices
  | order   | month   | number      | issue date | due date   | gross    | commission | net      |
  | IO-1001 | 2026-01 | 2026-000001 | 2026-01-31 | 2026-03-02 | 3,883.34 | 582.50     | 3,300.84 |
The numbers of NYTV have no gap
The trial balance of NYTV
  | account           | debit    | credit   | balance   |
  | RECEIVABLES       | 3,300.84 | 0.00     | 3,300.84  |
  | AGENCY_COMMISSION | 582.50   | 0.00     | 582.50    |
  | REVENUE           | 0.00     | 3,883.34 | -3,883.34 |
The books of NYTV balance
