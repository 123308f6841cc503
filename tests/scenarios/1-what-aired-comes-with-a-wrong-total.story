# A platform sends what aired. Nothing is lost, nothing is half-done, and nothing counts twice.

Told before: before/station.story

The platform syncs revision 1 of order IO-1000 for HUDSON
  | line | product | first      | last       | units | rate   | amount   | schedule |
  | L1   | SPOT    | 2026-01-01 | 2026-01-31 | 20    | 120.00 | 2,400.00 |          |
  | L2   | SPOT    | 2026-01-01 | 2026-01-31 | 3     | 275.00 | 825.00   |          |
The order is CREATED

# The 23 spots cost 3,225.00; two digits were transposed on the way.
The platform reports batch 4711 as 23 rows for 3,252.00
  | order   | line | spot | date       | time  | rate   | status |
  | IO-1000 | L1   | 1    | 2026-01-05 | 06:29 | 120.00 | AIRED  |
  | IO-1000 | L1   | 2    | 2026-01-05 | 07:14 | 120.00 | AIRED  |
  | IO-1000 | L1   | 3    | 2026-01-06 | 06:31 | 120.00 | AIRED  |
  | IO-1000 | L1   | 4    | 2026-01-06 | 07:12 | 120.00 | AIRED  |
  | IO-1000 | L1   | 5    | 2026-01-07 | 06:30 | 120.00 | AIRED  |
  | IO-1000 | L1   | 6    | 2026-01-07 | 07:15 | 120.00 | AIRED  |
  | IO-1000 | L1   | 7    | 2026-01-08 | 06:28 | 120.00 | AIRED  |
  | IO-1000 | L1   | 8    | 2026-01-08 | 07:13 | 120.00 | AIRED  |
  | IO-1000 | L1   | 9    | 2026-01-09 | 06:30 | 120.00 | AIRED  |
  | IO-1000 | L1   | 10   | 2026-01-09 | 07:16 | 120.00 | AIRED  |
  | IO-1000 | L1   | 11   | 2026-01-12 | 06:29 | 120.00 | AIRED  |
  | IO-1000 | L1   | 12   | 2026-01-12 | 07:14 | 120.00 | AIRED  |
  | IO-1000 | L1   | 13   | 2026-01-13 | 06:32 | 120.00 | AIRED  |
  | IO-1000 | L1   | 14   | 2026-01-13 | 07:11 | 120.00 | AIRED  |
  | IO-1000 | L1   | 15   | 2026-01-14 | 06:30 | 120.00 | AIRED  |
  | IO-1000 | L1   | 16   | 2026-01-14 | 07:14 | 120.00 | AIRED  |
  | IO-1000 | L1   | 17   | 2026-01-15 | 06:27 | 120.00 | AIRED  |
  | IO-1000 | L1   | 18   | 2026-01-15 | 07:15 | 120.00 | AIRED  |
  | IO-1000 | L1   | 19   | 2026-01-16 | 06:30 | 120.00 | AIRED  |
  | IO-1000 | L1   | 20   | 2026-01-16 | 07:12 | 120.00 | AIRED  |
  | IO-1000 | L2   | 1    | 2026-01-08 | 18:29 | 275.00 | AIRED  |
  | IO-1000 | L2   | 2    | 2026-01-15 | 18:31 | 275.00 | AIRED  |
  | IO-1000 | L9   | 1    | 2026-01-22 | 18:30 | 275.00 | AIRED  |
It is refused: CONTROL_TOTALS
The refusal names "3252.00"
The refusal names "3225.00"
The refusal names "27.00"
IO-1000 has 0 airings

# The total is mended. One row names a line that the order does not have.
The platform reports the same batch 4711 as 23 rows for 3,225.00
The batch has 22 rows loaded, 0 unchanged, 1 quarantined
In quarantine
  | row | column | reason       |
  | 23  | line   | UNKNOWN_LINE |
IO-1000 has 22 airings

# Sent again, as platforms do when an answer got lost.
The platform reports the same batch 4711 as 23 rows for 3,225.00
The batch has 22 rows loaded, 0 unchanged, 1 quarantined
IO-1000 has 22 airings

The platform reports batch 4711
  | order   | line | spot | date       | time  | rate   | status |
  | IO-1000 | L2   | 3    | 2026-01-22 | 18:30 | 275.00 | AIRED  |
It is refused: BATCH_CONTENT_DIFFERS
IO-1000 has 22 airings
