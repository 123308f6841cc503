# IO-1001: a sponsorship over three months, and three spots in January.

Told before: before/station.story

The platform syncs revision 1 of order IO-1001 for HUDSON
  | line | product | first      | last       | units | rate   | amount    | schedule   |
  | L2   | SPONSOR | 2026-01-01 | 2026-03-31 |       |        | 10,000.00 | EVEN_SPLIT |
  | L3   | SPOT    | 2026-01-01 | 2026-01-31 | 3     | 275.00 | 825.00    |            |
The order is CREATED
