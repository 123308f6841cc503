# Three credits of 450.00 with three reasons are below the limit one by one. Together they are not.

Told before: before/thames.story

# The invoice is young: the policy approves nothing by itself on what is older than a year.
The platform syncs revision 1 of order IO-4004 for RIVERSIDE
  | line | product | first      | last       | amount    | schedule   |
  | L1   | SPONSOR | 2026-01-01 | 2026-01-31 | 40,000.00 | EVEN_SPLIT |
Run and issue 2026-01, dated today
The analyst asks for a credit of 450.00 on IO-4004 in 2026-01 because of SERVICE_FAILURE
It is measured at 450.00 and must be approved by nobody
The adjustment becomes EXECUTED
The analyst asks for a credit of 450.00 on IO-4004 in 2026-01 because of GOODWILL
It is measured at 900.00 and must be approved by BILLING_MANAGER
The analyst asks for a goodwill credit of 450.00 on IO-4004 in 2026-01 because of CREATIVE
It is measured at 1,350.00 and must be approved by BILLING_MANAGER
The adjustment becomes SUBMITTED
The credit notes
  | gross  | total  |
  | 450.00 | 459.00 |
