# An invoice went to the wrong agency. It is credited and billed to the right one: together that is nothing, and all the
# same it is 24,000.00 that two have to approve. The new invoice is as old as the one in whose place it comes.

Told before: before/thames.story

The first manager opens the account EMBANKMENT: an agency in GBP that keeps 15 percent
The platform syncs revision 1 of order IO-4005 for RIVERSIDE
  | line | product | first      | last       | amount    | schedule   |
  | L1   | SPONSOR | 2026-01-01 | 2026-01-31 | 24,000.00 | EVEN_SPLIT |
Run and issue 2026-01, dated 2026-01-31
The analyst previews a rebill of 24,000.00 on IO-4005 in 2026-01 to EMBANKMENT
It would come to
  | gross | commission | net  | tax  | total | open before | open after |
  | 0.00  | 0.00       | 0.00 | 0.00 | 0.00  | 24,480.00   | 0.00       |
It is measured at 24,000.00 and must be approved by BILLING_MANAGER, then CONTROLLER
The analyst asks for a rebill of 24,000.00 on IO-4005 in 2026-01 to EMBANKMENT
The first manager approves the request
The controller approves the request
The adjustment becomes EXECUTED
What is open
  | account    | due date   | open      |
  | EMBANKMENT | 2026-03-02 | 24,480.00 |
The laws of the books hold
