"""January by grpcio. Everything that is known of the contracts comes from the server's reflection."""

import json
import os
import time

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from story import AIRED, ENTITY, LINES, PRODUCTS, ACCOUNT, check, header, order

endpoints = json.load(open(os.environ["ENDPOINTS"]))
channel = grpc.insecure_channel(endpoints["address"].removeprefix("http://"))
pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))


def call(who, service, method, request, package="invoicing"):
    """Calls a method with a message, or a list of messages where it takes a stream, as JSON."""
    descriptor = pool.FindServiceByName(f"billing.{package}.v1.{service}").methods_by_name[method]
    make, answer = GetMessageClass(descriptor.input_type), GetMessageClass(descriptor.output_type)
    streams = isinstance(request, list)
    arity = ("stream" if streams else "unary") + ("_stream" if method == "WatchBillingRun" else "_unary")
    stub = getattr(channel, arity)(
        f"/billing.{package}.v1.{service}/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=answer.FromString,
    )
    messages = [json_format.ParseDict(each, make()) for each in (request if streams else [request])]
    got = stub(
        iter(messages) if streams else messages[0],
        metadata=[("authorization", f"Bearer {endpoints['tokens'][who]}")],
        timeout=60,
    )
    read = lambda message: json_format.MessageToDict(message)
    return [read(each) for each in got] if method == "WatchBillingRun" else read(got)


names = {"entity": call("controller_1", "BillingEntityService", "CreateBillingEntity", {"billingEntity": ENTITY, "requestId": "e"})["name"]}
series = {"documentKind": "DOCUMENT_KIND_INVOICE", "yearBasis": "YEAR_BASIS_CALENDAR", "width": 6}
call("controller_1", "NumberSeriesService", "CreateNumberSeries", {"parent": names["entity"], "numberSeries": series, "requestId": "s"})
for product in PRODUCTS:
    made = call("controller_1", "AdProductService", "CreateAdProduct", {"adProduct": product, "requestId": product["code"]})
    names[product["code"]] = made["name"]
names["account"] = call("billing_manager_1", "AccountService", "CreateAccount", {"account": ACCOUNT, "requestId": "a"})["name"]

totals = {"orders": 1, "lines": len(LINES), "amount": "10825.00"}
synced = call("order_management", "OrderService", "SyncOrders", {
    "sourceSystem": "traffic", "controlTotals": totals, "orders": [order(names)], "requestId": "o",
})["results"][0]
check("order", synced["outcome"], "SYNC_OUTCOME_CREATED")
batch = call("order_management", "DeliveryService", "ImportAirings", [header("january", AIRED)] + [{"airing": each} for each in AIRED])
check("spots loaded", batch["rowsLoaded"], "3")

run = call("billing_manager_1", "BillingRunService", "StartBillingRun", {"billingEntity": names["entity"], "month": "2026-01", "requestId": "r"})
run = call("billing_manager_1", "BillingRunService", "WatchBillingRun", {"name": run["name"]})[-1]
check("run", run["state"], "BILLING_RUN_STATE_IN_REVIEW")
for _ in range(600):
    found = call("billing_manager_1", "ApprovalService", "ListApprovals", {"subject": run["name"]}, "adjustments")
    if found.get("approvals"):
        break
    time.sleep(0.05)
asked = found["approvals"][0]
approve = {"name": asked["name"], "subjectDigest": asked["subjectDigest"], "requestId": "p"}
try:
    call("billing_manager_1", "ApprovalService", "Approve", approve, "adjustments")
    raise SystemExit("the same person could approve")
except grpc.RpcError as refused:
    check("the same person", refused.code(), grpc.StatusCode.PERMISSION_DENIED)
call("billing_manager_2", "ApprovalService", "Approve", approve, "adjustments")
while call("billing_manager_1", "BillingRunService", "GetBillingRun", {"name": run["name"]})["state"] != "BILLING_RUN_STATE_APPROVED":
    time.sleep(0.05)
date = {"year": 2026, "month": 1, "day": 31}
call("billing_manager_2", "BillingRunService", "IssueBillingRun", {"name": run["name"], "issueDate": date, "requestId": "i"})
call("billing_manager_2", "BillingRunService", "WatchBillingRun", {"name": run["name"]})

invoice = call("billing_manager_1", "InvoiceService", "ListInvoices", {"parent": "accounts/-", "billingMonth": "2026-01"})["invoices"][0]
check("number", invoice["number"], "2026-000001")
check("gross", invoice["gross"]["amount"], "3883.34")
check("commission", invoice["commission"]["amount"], "582.50")
check("net", invoice["net"]["amount"], "3300.84")
json.dump(names, open(os.environ["NAMES"], "w"))
