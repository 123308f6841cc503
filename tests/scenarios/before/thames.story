# A broadcaster in London that charges 20 percent VAT, and an agency that keeps 15 percent. The policy that ships approves
# credits below 500.00 by itself; below 10,000.00 a manager is asked, below 100,000.00 a manager and then the controller.

The controller opens the entity THAMES in Europe/London, with the currency GBP, in the country GB
The controller numbers its invoices with 6 digits
The controller numbers its credit notes with 6 digits
The controller puts on sale
  | product | name        | pricing model |
  | SPONSOR | Sponsorship | FLAT_FEE      |
The controller loads the tax rates
  | place | tax_code | category | percent | valid_from | valid_to |
  | GB    | ADV      | S        | 20      | 2011-01-04 |          |
The first manager opens the account RIVERSIDE: an agency in GBP that keeps 15 percent
