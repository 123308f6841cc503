# The verifier's count controls. Within ten percent of our own it bills; beyond it, and only where it is lower, the line
# waits with both counts and what each way of settling it would cost.

Told before: before/publisher.story

The platform syncs revision 1 of order IO-2003 for ALPHA
  | line | product | first      | last       | units   | rate  | third party | base |
  | L1   | DISPLAY | 2026-01-01 | 2026-01-31 | 2000000 | 10.00 | verifier    | OWN  |
The order is CREATED
The platform syncs revision 1 of order IO-2004 for BRAVO
  | line | product | first      | last       | units   | rate  | third party | base        |
  | L1   | DISPLAY | 2026-01-01 | 2026-01-31 | 2000000 | 10.00 | verifier    | CONTROLLING |
The order is CREATED
The platform syncs revision 1 of order IO-2005 for CHARLIE
  | line | product | first      | last       | units   | rate  | third party | base |
  | L1   | DISPLAY | 2026-01-01 | 2026-01-31 | 2000000 | 10.00 | verifier    | OWN  |
The order is CREATED
The platform syncs revision 1 of order IO-2009 for ALPHA
  | line | product | first      | last       | units   | rate  | third party | base |
  | L2   | DISPLAY | 2026-01-01 | 2026-01-31 | 2000000 | 10.00 | verifier    | OWN  |
The order is CREATED
The ad server counts own
  | order   | line | date       | impressions |
  | IO-2003 | L1   | 2026-01-10 | 1100000     |
  | IO-2009 | L2   | 2026-01-10 | 1200000     |
  | IO-2004 | L1   | 2026-01-10 | 1100000     |
  | IO-2005 | L1   | 2026-01-10 | 1000000     |
The verifier counts theirs
  | order   | line | date       | impressions |
  | IO-2003 | L1   | 2026-01-10 | 1000000     |
  | IO-2009 | L2   | 2026-01-10 | 1000000     |
  | IO-2004 | L1   | 2026-01-10 | 1000000     |
  | IO-2005 | L1   | 2026-01-10 | 1300000     |
The first manager starts the run of 2026-01
The run is IN_REVIEW
Its drafts
  | order   | gross     |
  | IO-2003 | 10,000.00 |
  | IO-2004 | 10,000.00 |
  | IO-2005 | 13,000.00 |
  | IO-2009 | 10,000.00 |
Its exceptions because of THIRD_PARTY_CASE
  | order   | line | severity | origin                   |
  | IO-2009 | L2   | BLOCK    | 2026-01-01 to 2026-01-31 |
THIRD_PARTY_CASE says "own count 1200000, controlling count 1000000, 16.67 % of the own count apart"
Exactly one draft waits because of THIRD_PARTY_CASE
The outcomes of THIRD_PARTY_CASE
  | outcome             | units   | amount    |
  | CONTROLLING         | 1000000 | 10,000.00 |
  | CONTROLLING_PLUS_10 | 1100000 | 11,000.00 |
  | OWN                 | 1200000 | 12,000.00 |
  | MAKEGOOD            | 1000000 | 10,000.00 |
