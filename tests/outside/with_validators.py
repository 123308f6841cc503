"""What is published about the suite, held against the standards by other people's validators: the contracts as OpenAPI 3.1
(openapi-spec-validator), and an invoice as a tagged PDF/A-3b file (pikepdf, which is qpdf)."""

import io
import json
import os
import urllib.request

import pikepdf
from openapi_spec_validator import validate

from story import check

endpoints = json.load(open(os.environ["ENDPOINTS"]))


def get(path, who=None):
    headers = {"Authorization": f"Bearer {endpoints['tokens'][who]}"} if who else {}
    with urllib.request.urlopen(urllib.request.Request(f"{endpoints['address']}/{path}", headers=headers)) as answer:
        return answer.read()


contracts = json.loads(get("openapi.json"))
check("version of OpenAPI", contracts["openapi"], "3.1.0")
validate(contracts)

invoices = json.loads(get("v1/accounts/-/invoices?billing_month=2026-01", "billing_manager_1"))["invoices"]
file = get(f"v1/{invoices[0]['name']}:download?format=INVOICE_FORMAT_PDF", "billing_manager_1")
pdf = pikepdf.open(io.BytesIO(file))
check("faults that qpdf finds", pdf.check_pdf_syntax(), [])
root = pdf.Root
metadata = pdf.open_metadata()
check("PDF/A", (metadata["pdfaid:part"], metadata["pdfaid:conformance"]), ("3", "B"))
check("title", metadata["dc:title"], f"Invoice {invoices[0]['number']}")
check("language", str(root.Lang), "en")
check("tagged", bool(root.MarkInfo.Marked), True)
check("output intent", str(root.OutputIntents[0].S), "/GTS_PDFA1")


def tags(node):
    """Every tag under a node of the structure, with how it heads cells."""
    if not isinstance(node, pikepdf.Dictionary):
        return
    if "/S" in node:
        attributes = node.get("/A", [])
        attributes = [attributes] if isinstance(attributes, pikepdf.Dictionary) else attributes
        yield str(node.S), [str(each.Scope) for each in attributes if "/Scope" in each]
    children = node.get("/K", [])
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        yield from tags(child)


found = list(tags(root.StructTreeRoot))
names = {name for name, _ in found}
check("headings and tables", {"/H1", "/H2", "/Table", "/TR", "/TH", "/TD"} <= names, True)
check("every head names its column", {tuple(scope) for name, scope in found if name == "/TH"}, {("/Column",)})


descendants = [font.DescendantFonts[0] for page in pdf.pages for font in page.Resources.Font.values()]
check("fonts inside the file", all("/FontFile2" in font.FontDescriptor or "/FontFile3" in font.FontDescriptor for font in descendants), True)
