# A customer disputes a part of an invoice. It stands apart, the due date stays, and a credit of half of it settles it.

Told before: before/thames-billed.story

The analyst asks for a credit of 10,000.00 on IO-4001 in 2026-01
The first manager approves the request
The controller approves the request
The adjustment becomes EXECUTED

Collections takes a dispute of 6,120.00 on IO-4001 in 2026-01
What is open
  | account   | number      | due date   | open      | disputed | undisputed |
  | RIVERSIDE | 2026-000001 | 2026-03-02 | 30,600.00 | 6,120.00 | 24,480.00  |
The first manager gives the dispute to the analyst

# Half of the second week ran.
The analyst asks for a credit of 3,000.00 on IO-4001 in 2026-01
The second manager approves the request
The controller approves the request
The adjustment becomes EXECUTED
The credit notes
  | gross     | commission | net      | tax      | total     |
  | 10,000.00 | 1,500.00   | 8,500.00 | 1,700.00 | 10,200.00 |
  | 3,000.00  | 450.00     | 2,550.00 | 510.00   | 3,060.00  |
The first manager settles the dispute by the credit: PARTLY
What is open
  | account   | number      | due date   | open      | disputed | undisputed |
  | RIVERSIDE | 2026-000001 | 2026-03-02 | 27,540.00 | 0.00     | 27,540.00  |
The laws of the books hold
