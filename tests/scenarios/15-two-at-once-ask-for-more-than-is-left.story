# Of 27,000.00 two people want 14,000.00 each at the same moment. One is told what the other has left.

Told before: before/thames.story

The platform syncs revision 1 of order IO-4003 for RIVERSIDE
  | line | product | first      | last       | amount    | schedule   |
  | L1   | SPONSOR | 2026-01-01 | 2026-01-31 | 27,000.00 | EVEN_SPLIT |
Run and issue 2026-01, dated 2026-01-31
The analyst and the first manager ask at once for a credit of 14,000.00 each on IO-4003 in 2026-01
It is refused: LINE_EXHAUSTED
The refusal names "13000.00 left"
The adjustment becomes SUBMITTED

# What is left can be had.
The analyst previews a credit of 13,000.01 on IO-4003 in 2026-01
It is refused: LINE_EXHAUSTED
The analyst previews a credit of 13,000.00 on IO-4003 in 2026-01
