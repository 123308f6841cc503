# An order system sends what it has, over REST an order a line, and is told what differs. Nothing changes.

Told before: before/io-1001.story

Over REST the platform sends POST /v1/orders:reconcile
  {"header": {"sourceSystem": "traffic"}}
  {"order": {"externalId": "IO-1001", "revision": "1", "amount": "10825.01"}}
  {"order": {"externalId": "IO-1999", "revision": "3", "amount": "500.00"}}
The answer is 200
It says "ORDER_DIFFERENCE_KIND_DIFFERENT"
It says "10825.00"
It says "IO-1999"
It says "ORDER_DIFFERENCE_KIND_MISSING_HERE"

# A stream without its beginning, and a line that says no number.
Over REST the platform sends POST /v1/orders:reconcile
  {"order": {"externalId": "IO-1001", "revision": "1"}}
The answer is 400 MALFORMED
It says "header"
Over REST the platform sends POST /v1/orders:reconcile
  {"header": {"sourceSystem": "traffic"}}
  {"order": {"externalId": "IO-1001", "revision": "one"}}
The answer is 400 MALFORMED
It says "line 2"
