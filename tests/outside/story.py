"""IO-1001 as messages: a sponsorship over three months, and three spots of which two aired."""


def day(text):
    year, month, day = map(int, text.split("-"))
    return {"year": year, "month": month, "day": day}


ADDRESS = {"lines": ["1 Broadcast Plaza"], "city": "New York", "region": "NY", "postalCode": "10001", "country": "US"}
ENTITY = {
    "code": "NYTV", "legalName": "NYTV LLC", "address": ADDRESS, "functionalCurrency": "USD", "timeZone": "America/New_York",
    "glCodes": {"receivables": "1200", "agencyCommission": "4900", "taxPayable": "2200"},
    "bankAccount": {"accountName": "NYTV LLC", "bankName": "First Bank", "accountNumber": "000123456789", "routingNumber": "021000021"},
}
PRODUCTS = [
    {
        "code": code, "displayName": name, "format": "TV_SPOT", "pricingModel": model, "invoiceText": name, "taxCode": "ADV",
        "glRevenue": "4000", "effectiveFrom": day("2026-01-01"), "state": "AD_PRODUCT_STATE_LIVE",
    }
    for code, name, model in [
        ("SPOT", "Television spot", "PRICING_MODEL_PER_SPOT"),
        ("SPONSOR", "Sponsorship", "PRICING_MODEL_FLAT_FEE"),
    ]
]
ACCOUNT = {
    "code": "HUDSON", "kind": "ACCOUNT_KIND_AGENCY", "legalName": "Hudson Media Inc", "address": ADDRESS, "currencyCode": "USD",
    "commissionPercent": "15", "paymentTermsDays": 30,
}
LINES = [
    {"number": "L2", "product": "SPONSOR", "flight": ("2026-01-01", "2026-03-31"), "amount": "10000.00"},
    {"number": "L3", "product": "SPOT", "flight": ("2026-01-01", "2026-01-31"), "amount": "825.00", "rate": "275.00", "bookedUnits": "3"},
]


def days(flight):
    return {"first": day(flight[0]), "last": day(flight[1])}


def order(names):
    line = lambda each: {**{key: value for key, value in each.items() if key != "product"}, "flight": days(each["flight"]), "adProduct": names[each["product"]]}
    return {
        "account": names["account"], "billingEntity": names["entity"], "externalId": {"sourceSystem": "traffic", "id": "IO-1001"},
        "revision": 1, "advertiser": "Pier 40", "currencyCode": "USD", "commissionPercent": "15",
        "flight": days(("2026-01-01", "2026-03-31")), "liability": "LIABILITY_SOLE_AGENCY",
        "billingCalendar": "BILLING_CALENDAR_CALENDAR_MONTH", "billingCycle": "BILLING_CYCLE_END_OF_MONTH",
        "lines": [line(each) for each in LINES],
    }


def airing(spot, date, time, status, **more):
    return {
        "order": "IO-1001", "line": "L3", "spot": spot, "row": 1, "date": day(date), "time": time, "lengthSeconds": 30,
        "rate": "275.00", "status": f"AIRING_STATUS_{status}", **more,
    }


AIRED = [
    airing("1", "2026-01-08", "18:29", "AIRED"),
    airing("2", "2026-01-15", "18:31", "AIRED"),
    airing("3", "2026-01-22", "", "UNRESOLVED"),
]
MADE_GOOD = [airing("MG1", "2026-02-05", "18:30", "AIRED", makegoodFor=["L3.3"])]


def header(batch, airings):
    totals = {"rows": len(airings), "amount": f"{275 * len(airings)}.00"}
    return {"header": {"source": "playout", "batchId": batch, "orderSourceSystem": "traffic", "controlTotals": totals}}


def check(what, got, expected):
    if got != expected:
        raise SystemExit(f"{what}: expected {expected}, got {got}")
    print(f"  {what}: {got}")
