# A television station in New York, and an agency that keeps 15 percent.

The controller opens the entity NYTV in America/New_York, with the currency USD
The controller numbers its invoices with 6 digits
The controller puts on sale
  | product | name            | pricing model |
  | SPOT    | Television spot | PER_SPOT      |
  | SPONSOR | Sponsorship     | FLAT_FEE      |
The first manager opens the account HUDSON: an agency in USD that keeps 15 percent
