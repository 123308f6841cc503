# Germany taxed advertising at 19 percent until June 2020, and at 16 until December. What was delivered in June and billed
# in July keeps June's rate: one invoice, two rates.

The controller opens the entity BERLIN in Europe/Berlin, with the currency EUR, in the country DE
The controller numbers its invoices with 6 digits
The controller puts on sale
  | product | name        | pricing model | from       |
  | SPONSOR | Sponsorship | FLAT_FEE      | 2020-01-01 |
The controller loads the tax rates
  | place | tax_code | category | percent | valid_from | valid_to   |
  | DE    | ADV      | S        | 19      | 2007-01-01 | 2020-06-30 |
  | DE    | ADV      | S        | 16      | 2020-07-01 | 2020-12-31 |
  | DE    | ADV      | S        | 19      | 2021-01-01 |            |
The first manager opens the account DELTA: an agency in EUR that keeps 0 percent
The platform syncs revision 1 of order IO-2020 for DELTA, without commission
  | line | product | first      | last       | amount    | schedule   |
  | L1   | SPONSOR | 2020-06-01 | 2020-06-30 | 500.00    | EVEN_SPLIT |
  | L2   | SPONSOR | 2020-07-01 | 2020-07-31 | 10,000.00 | EVEN_SPLIT |
The order is CREATED
Run and issue 2020-07, dated 2020-07-31
The invoices
  | order   | net       | tax      | total     | period                   |
  | IO-2020 | 10,500.00 | 1,695.00 | 12,195.00 | 2020-06-01 to 2020-07-31 |
The taxes of IO-2020 in 2020-07
  | category | percent | base      | tax      |
  | S        | 16      | 10,000.00 | 1,600.00 |
  | S        | 19      | 500.00    | 95.00    |
The lines of IO-2020 in 2020-07
  | line | origin                   | late | net       |
  | L1   | 2020-06-01 to 2020-06-30 | yes  | 500.00    |
  | L2   | 2020-07-01 to 2020-07-31 |      | 10,000.00 |
The books of BERLIN balance
The laws of the books hold
The PDF, CSV and JSON of every invoice can be downloaded
