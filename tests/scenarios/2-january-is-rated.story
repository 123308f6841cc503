# Two of three spots aired: what did not air is not billed, and the fee bills its first part.

Told before: before/january-aired.story

The first manager starts the run of 2026-01
The run is IN_REVIEW
Its drafts
  | order   | gross    | commission | net      | spots |
  | IO-1001 | 3,883.34 | 582.50     | 3,300.84 | 2     |
The lines of IO-1001 in 2026-01
  | line | kind          | quantity | unit | rate    | gross    | origin                   |
  | L2   | SCHEDULE_PART | 1        | fee  | 3333.34 | 3,333.34 | 2026-01-01 to 2026-01-31 |
  | L3   | SPOTS         | 2        | spot | 275.00  | 550.00   | 2026-01-01 to 2026-01-31 |
