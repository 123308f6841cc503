# A publisher in New York that sells by what is counted, and three agencies that keep nothing.

The controller opens the entity NYNEWS in America/New_York, with the currency USD
The controller numbers its invoices with 6 digits
The controller puts on sale
  | product | name              | pricing model |
  | DISPLAY | Display           | CPM           |
  | SPONSOR | Sponsorship       | FLAT_FEE      |
The first manager opens the account ALPHA: an agency in USD that keeps 0 percent
The first manager opens the account BRAVO: an agency in USD that keeps 0 percent
The first manager opens the account CHARLIE: an agency in USD that keeps 0 percent
