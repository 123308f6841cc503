"""A month by `buf curl` (gRPC) or by `curl` (REST): what aired, the run, two people, the invoice."""

import json
import os
import subprocess
import sys
import time

from story import MADE_GOOD, check, day, header

client, month, date, gross = sys.argv[1:]
endpoints = json.load(open(os.environ["ENDPOINTS"]))
names = json.load(open(os.environ["NAMES"]))
address = endpoints["address"]


def package(method):
    return "adjustments" if method.startswith("ApprovalService/") else "invoicing"


def with_buf(who, method, messages):
    command = ["buf", "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--reflect",
               "-H", f"Authorization: Bearer {endpoints['tokens'][who]}", "-d", "@-",
               f"{address}/billing.{package(method)}.v1.{method}"]
    return subprocess.run(command, input="\n".join(map(json.dumps, messages)), capture_output=True, text=True)


def with_curl(who, verb, path, messages):
    command = ["curl", "-sS", "--fail-with-body", "-X", verb, "-H", f"Authorization: Bearer {endpoints['tokens'][who]}",
               "-H", "Content-Type: application/json", f"{address}/v1/{path}"]
    body = ["--data-binary", "@-"] if verb == "POST" else []
    return subprocess.run(command + body, input="\n".join(map(json.dumps, messages)), capture_output=True, text=True)


def ask(who, method, verb, path, *messages, named=None):
    """The same call through either client. `named` is what REST has in its path."""
    if client == "buf":
        done = with_buf(who, method, [{**(named or {}), **each} for each in messages])
    else:
        done = with_curl(who, verb, path, messages)
    if done.returncode != 0:
        raise SystemExit(f"{client} {method}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


if month == "2026-02":
    rows = [header("february", MADE_GOOD)] + [{"airing": each} for each in MADE_GOOD]
    batch = ask("order_management", "DeliveryService/ImportAirings", "POST", "airings:import", *rows)
    check("spots loaded", batch["rowsLoaded"], "1")

start = {"billingEntity": names["entity"], "month": month, "requestId": f"r-{client}"}
run = ask("billing_manager_1", "BillingRunService/StartBillingRun", "POST", "billingRuns", start)
name = {"name": run["name"]}


def until(state):
    for _ in range(600):
        run = ask("billing_manager_1", "BillingRunService/GetBillingRun", "GET", name["name"], {}, named=name)
        if run["state"] == f"BILLING_RUN_STATE_{state}":
            return
        time.sleep(0.05)
    raise SystemExit(f"the run does not become {state}: {run}")


until("IN_REVIEW")
for _ in range(600):
    found = ask("billing_manager_2", "ApprovalService/ListApprovals", "GET", f"approvals?subject={name['name']}", {"subject": name["name"]})
    if found.get("approvals"):
        break
    time.sleep(0.05)
asked = found["approvals"][0]
approve = {"subjectDigest": asked["subjectDigest"], "requestId": f"p-{client}"}
ask("billing_manager_2", "ApprovalService/Approve", "POST", f"{asked['name']}:approve", approve, named={"name": asked["name"]})
until("APPROVED")
issue = {"issueDate": day(date), "requestId": f"i-{client}"}
ask("billing_manager_2", "BillingRunService/IssueBillingRun", "POST", f"{name['name']}:issue", issue, named=name)
until("ISSUED")
listed = {"parent": "accounts/-", "billingMonth": month}
found = ask("billing_manager_1", "InvoiceService/ListInvoices", "GET", f"accounts/-/invoices?billing_month={month}", listed)
check(f"{client}: gross of {month}", found["invoices"][0]["gross"]["amount"], gross)
