# Whatever is wrong is said, with where it is and what to do about it, and nothing is half-done.

Told before: before/io-1001.story

# The same request twice gives the same answer; with other content it is refused.
Over REST the first manager sends POST /v1/accounts?request_id=pier-1
  {"code": "PIER", "kind": "ACCOUNT_KIND_ADVERTISER", "legalName": "Pier 40", "currencyCode": "USD",
   "address": {"lines": ["353 West St"], "city": "New York", "country": "US"}}
The answer is 200
Over REST the first manager sends the same again
The answer is the same
Over REST the first manager sends POST /v1/accounts?request_id=pier-1
  {"code": "PIER-2", "kind": "ACCOUNT_KIND_ADVERTISER", "legalName": "Pier 40", "currencyCode": "USD",
   "address": {"lines": ["353 West St"], "city": "New York", "country": "US"}}
The answer is 400 REQUEST_ID_REUSED
It says "pier-1"

# A currency that does not exist, and a field that does not.
Over REST the first manager sends POST /v1/accounts?request_id=pier-3
  {"code": "PIER-3", "kind": "ACCOUNT_KIND_ADVERTISER", "legalName": "Pier 40", "currencyCode": "USX",
   "address": {"lines": ["353 West St"], "city": "New York", "country": "US"}}
The answer is 400 MALFORMED
It says "currency_code"
Over REST the first manager sends POST /v1/accounts?request_id=pier-4
  {"code": "PIER-4", "shoeSize": 44}
The answer is 400 MALFORMED
It says "shoeSize"

# A NUL byte, text that is no JSON, and nothing at all.
Over REST the first manager sends POST /v1/accounts?request_id=pier-5
  {"code": "PIER-5", "kind": "ACCOUNT_KIND_ADVERTISER", "legalName": "Pier\u0000 40", "currencyCode": "USD",
   "address": {"lines": ["353 West St"], "city": "New York", "country": "US"}}
The answer is 400 MALFORMED
It says "legalName"
Over REST the first manager sends POST /v1/accounts?request_id=pier-6
  {"code": "PIER-6"
The answer is 400 MALFORMED

# Amounts that cannot be: 29 digits, too many decimals, words.
The platform syncs revision 1 of order IO-1002 for HUDSON
  | line | product | first      | last       | units | rate | amount                        | schedule   |
  | L1   | SPONSOR | 2026-01-01 | 2026-03-31 |       |      | 12345678901234567890123456789 | EVEN_SPLIT |
It is refused: MALFORMED
The refusal names "lines[0].amount"
The platform syncs revision 1 of order IO-1002 for HUDSON
  | line | product | first      | last       | units | rate | amount | schedule   |
  | L1   | SPONSOR | 2026-01-01 | 2026-03-31 |       |      | 10.005 | EVEN_SPLIT |
The order is REFUSED because of MALFORMED
The reason names "lines[0].amount"

# An amount that is not what was sold: 1,000 at 10.00 per thousand are 10.00. Somebody has to say which of the two it is.
The controller puts on sale
  | product | name    | pricing model |
  | DISPLAY | Display | CPM           |
The platform syncs revision 1 of order IO-1003 for HUDSON
  | line | product | first      | last       | units | rate  | amount |
  | L1   | DISPLAY | 2026-01-01 | 2026-03-31 | 1000  | 10.00 | 12.00  |
The order is IN_REVIEW because of AMOUNT_DOES_NOT_ADD_UP
The reason names "booked for 12.00, and its rate and units come to 10.00"

# Terms that deny each other: 500.00 in each of three months is more than 1,000.00.
Over REST the first manager sends POST /v1/rating:quote
  {"currencyCode": "USD", "pricingModel": "PRICING_MODEL_CPM",
   "line": {"rate": "10", "bookedUnits": "1000",
            "cap": {"kind": "CAP_KIND_BUDGET", "budget": "1000.00"}, "minimum": {"amount": "500.00", "window": "WINDOW_PERIOD"},
            "flight": {"first": {"year": 2026, "month": 1, "day": 1}, "last": {"year": 2026, "month": 3, "day": 31}}}}
The answer is 400 MINIMUM_ABOVE_MAXIMUM
It says "1500.00"

# The same revision with other content, and an older one.
The platform syncs revision 1 of order IO-1001 for HUDSON
  | line | product | first      | last       | units | rate   | amount    | schedule   |
  | L2   | SPONSOR | 2026-01-01 | 2026-03-31 |       |        | 12,000.00 | EVEN_SPLIT |
  | L3   | SPOT    | 2026-01-01 | 2026-01-31 | 3     | 275.00 | 825.00    |            |
The order is CONFLICT because of REVISION_CONFLICT
The platform syncs revision 2 of order IO-1001 for HUDSON
  | line | product | first      | last       | units | rate   | amount    | schedule   |
  | L2   | SPONSOR | 2026-01-01 | 2026-03-31 |       |        | 10,000.00 | EVEN_SPLIT |
The order is REFUSED because of LINE_ABSENT

# Whoever has no token, the wrong role, or asks for what is not there.
Over REST nobody sends GET /v1/accounts
The answer is 401 KEY_UNKNOWN
Over REST the platform sends GET /v1/billingRuns
The answer is 403 ROLE_MISSING
Over REST the first manager sends GET /v1/nowhere
The answer is 404 NO_SUCH_PATH
Over REST the first manager sends DELETE /v1/accounts
The answer is 405
Over REST the first manager sends GET /v1/accounts?page_token=abc
The answer is 400 PAGE_TOKEN

# An issue date in the future.
The first manager starts the run of 2026-01
The second manager approves it
The second manager issues it, dated 2999-12-31
It is refused: ISSUE_DATE_IN_FUTURE
The run is APPROVED
