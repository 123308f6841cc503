# Two of the three spots aired; what becomes of the third is open.

Told before: before/io-1001.story

The platform reports batch january
  | order   | line | spot | date       | time  | rate   | status     |
  | IO-1001 | L3   | 1    | 2026-01-08 | 18:29 | 275.00 | AIRED      |
  | IO-1001 | L3   | 2    | 2026-01-15 | 18:31 | 275.00 | AIRED      |
  | IO-1001 | L3   | 3    | 2026-01-22 |       | 275.00 | UNRESOLVED |
