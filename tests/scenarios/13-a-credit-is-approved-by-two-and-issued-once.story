# What an analyst proposes is shown first and approved by others. The suite dies when the credit note is out and before
# anybody has noted it: there is one note, and not two.

Told before: before/thames-billed.story

The analyst previews a credit of 10,000.00 on IO-4001 in 2026-01
It would come to
  | gross      | commission | net       | tax       | total      | open before | open after |
  | -10,000.00 | -1,500.00  | -8,500.00 | -1,700.00 | -10,200.00 | 40,800.00   | 30,600.00  |
It is measured at 10,000.00 and must be approved by BILLING_MANAGER, then CONTROLLER
What is open
  | account   | number      | due date   | open      |
  | RIVERSIDE | 2026-000001 | 2026-03-02 | 40,800.00 |

The analyst asks for a credit of 10,000.00 on IO-4001 in 2026-01
The analyst approves the request
It is refused: SELF_APPROVAL
The first manager approves the request
The adjustment becomes SUBMITTED
The controller approves the request, and the suite is killed when the credit note is out and nobody has noted it
The suite is started again
The adjustment becomes EXECUTED
The credit notes
  | gross     | commission | net      | tax      | total     |
  | 10,000.00 | 1,500.00   | 8,500.00 | 1,700.00 | 10,200.00 |
What is open
  | account   | number      | due date   | open      |
  | RIVERSIDE | 2026-000001 | 2026-03-02 | 30,600.00 |
The books of THAMES balance
The laws of the books hold
