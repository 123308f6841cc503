# The real order 2006411, of which two lines are told: three spots were missed in April 2020, and five others made them
# good. What was made good was never billed by itself, and so there is nothing to credit.

The controller opens the entity NYTV in America/New_York, with the currency USD
The controller numbers its invoices with 6 digits
The controller numbers its credit notes with 6 digits
The controller puts on sale
  | product | name            | pricing model | from       |
  | SPOT    | Television spot | PER_SPOT      | 2020-01-01 |
The first manager opens the account HUDSON: an agency in USD that keeps 15 percent
The platform syncs revision 1 of order 2006411 for HUDSON
  | line | product | first      | last       | units | rate   |
  | 12   | SPOT    | 2020-04-23 | 2020-04-26 | 6     | 450.00 |
  | 13   | SPOT    | 2020-04-21 | 2020-04-24 | 4     | 520.00 |
The order is CREATED
The platform reports batch april
  | order   | line | spot         | date       | time  | rate   | status    | makegood for     |
  | 2006411 | 12   | 2006411-1:25 | 2020-04-23 | 18:43 | 450.00 | AIRED     | 13.4, 13.1, 12.1 |
  | 2006411 | 12   | 2006411-1:26 | 2020-04-23 | 23:28 | 290.00 | AIRED     | 13.4, 13.1, 12.1 |
  | 2006411 | 12   | 2006411-1:27 | 2020-04-23 | 01:47 | 10.00  | AIRED     | 13.4, 13.1, 12.1 |
  | 2006411 | 12   | 2006411-1:28 | 2020-04-24 |       | 450.00 | MADE_GOOD |                  |
  | 2006411 | 12   | 2006411-1:29 | 2020-04-24 | 23:27 | 290.00 | AIRED     | 13.4, 13.1, 12.1 |
  | 2006411 | 12   | 2006411-1:30 | 2020-04-26 | 22:30 | 450.00 | AIRED     | 13.4, 13.1, 12.1 |
  | 2006411 | 13   | 2006411-1:31 | 2020-04-21 | 22:27 | 520.00 | AIRED     |                  |
  | 2006411 | 13   | 2006411-1:32 | 2020-04-22 | 22:12 | 520.00 | AIRED     |                  |
  | 2006411 | 13   | 2006411-1:33 | 2020-04-23 |       | 520.00 | MADE_GOOD |                  |
  | 2006411 | 13   | 2006411-1:34 | 2020-04-24 |       | 520.00 | MADE_GOOD |                  |
The batch has 10 rows loaded, 0 unchanged, 0 quarantined
Run and issue 2020-04, dated 2020-04-30
The invoices
  | order   | month   | spots | gross    |
  | 2006411 | 2020-04 | 7     | 2,530.00 |

# 520.00 + 520.00 + 450.00 are owed; 450.00 + 290.00 + 10.00 + 290.00 + 450.00 are for them.
What is owed for 2006411
  | owed     | fulfilled | left | missed spots | makegoods |
  | 1,490.00 | 1,490.00  | 0.00 | 3            | 5         |
What 2006411 missed
  | line | spot | owed   | state     |
  | 12   | 12.1 | 450.00 | FULFILLED |
  | 13   | 13.1 | 520.00 | FULFILLED |
  | 13   | 13.4 | 520.00 | FULFILLED |
The analyst previews a credit of spot 13.1 of line 13 on 2006411 in 2020-04
It is refused: SPOT_NOT_BILLED
