# A price that changes from a day leaves the days before it alone; one that changes from the start takes money back, which
# is held until somebody decides, and the rest of the run goes on.

Told before: before/publisher.story

The platform syncs revision 1 of order IO-2001 for ALPHA
  | line | product | first      | last       | units   | rate  |
  | L1   | DISPLAY | 2026-01-01 | 2026-06-30 | 5000000 | 10.00 |
The order is CREATED
The platform syncs revision 1 of order IO-2009 for ALPHA
  | line | product | first      | last       | amount   | schedule   |
  | L1   | SPONSOR | 2026-01-01 | 2026-06-30 | 6,000.00 | EVEN_SPLIT |
The order is CREATED
The ad server counts january
  | order   | line | date       | impressions |
  | IO-2001 | L1   | 2026-01-10 | 400000      |
  | IO-2001 | L1   | 2026-01-25 | 600000      |
Run and issue 2026-01, dated 2026-01-31
The lines of IO-2001 in 2026-01
  | line | kind     | quantity | unit       | rate  | price base | gross     |
  | L1   | DELIVERY | 1000000  | impression | 10.00 | 1000       | 10,000.00 |

# Nobody said from when the new price holds: the amendment waits, and nothing changes meanwhile.
The platform syncs revision 2 of order IO-2001 for ALPHA
  | line | product | first      | last       | units   | rate |
  | L1   | DISPLAY | 2026-01-01 | 2026-06-30 | 5000000 | 8.00 |
The order is IN_REVIEW because of AMENDMENT_SCOPE_MISSING

The platform syncs revision 3 of order IO-2001 for ALPHA
  | line | product | first      | last       | units   | rate | scope           | evidence       |
  | L1   | DISPLAY | 2026-01-01 | 2026-06-30 | 5000000 | 8.00 | FROM 2026-02-01 | mail 2026-01-28 |
The order is AMENDED
The ad server counts february
  | order   | line | date       | impressions |
  | IO-2001 | L1   | 2026-02-10 | 500000      |
Run and issue 2026-02, dated 2026-02-28
The lines of IO-2001 in 2026-02
  | line | kind     | quantity | unit       | rate | price base | gross    | origin                   |
  | L1   | DELIVERY | 500000   | impression | 8.00 | 1000       | 4,000.00 | 2026-02-01 to 2026-02-28 |

The platform syncs revision 4 of order IO-2001 for ALPHA
  | line | product | first      | last       | units   | rate | scope      | evidence        |
  | L1   | DISPLAY | 2026-01-01 | 2026-06-30 | 5000000 | 8.00 | FROM_START | mail 2026-03-02 |
The order is AMENDED
The first manager starts the run of 2026-03
The run is IN_REVIEW
Its drafts
  | order   | gross    |
  | IO-2009 | 1,000.00 |
Its exceptions because of NEGATIVE_DELTA
  | order   | line | severity | reason         | amount    | origin                   |
  | IO-2001 | L1   | WARN     | NEGATIVE_DELTA | -2,000.00 | 2026-01-01 to 2026-01-31 |
The changes of NEGATIVE_DELTA
  | quantity | rate  | price base |
  | -1000000 | 10.00 | 1000       |
  | 1000000  | 8.00  | 1000       |
NEGATIVE_DELTA names the invoice of IO-2001 in 2026-01

# A line that a revision no longer has would vanish in silence.
The platform syncs revision 5 of order IO-2001 for ALPHA
  | line | product | first      | last       | units   | rate | scope      |
  | L2   | DISPLAY | 2026-01-01 | 2026-06-30 | 5000000 | 8.00 | FROM_START |
The order is REFUSED because of LINE_ABSENT
