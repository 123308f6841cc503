//! A document as a file for other systems: CSV with one row per line, JSON as the contract's message.

use anyhow::Context;
use billing_proto::{
    DESCRIPTOR_POOL, billing::invoicing::v1 as pb, google::api::HttpBody, google::r#type::Date,
};
use chassis::failure::Failure;
use prost::Message;
use prost_reflect::{DynamicMessage, SerializeOptions};

/// The header row; one column for each field that a payer's system matches on.
const COLUMNS: [&str; 39] = [
    "number",
    "state",
    "issue_date",
    "due_date",
    "billing_month",
    "account",
    "order",
    "advertiser",
    "currency",
    "line",
    "order_line",
    "kind",
    "description",
    "note",
    "origin_first",
    "origin_last",
    "late",
    "quantity",
    "unit",
    "rate",
    "gross",
    "commission",
    "net",
    "service_first",
    "service_last",
    "tax_point",
    "accounting_month",
    "price_base",
    "tax_place",
    "tax_category",
    "tax_percent",
    "tax",
    "purchase_order",
    "document_kind",
    "corrects_number",
    "corrects_line",
    "basis",
    "rebills_number",
    "rebilled_as_number",
];

/// A file of a media type.
pub fn of(content_type: &str, data: Vec<u8>) -> HttpBody {
    HttpBody { content_type: content_type.to_owned(), data: data.into(), extensions: Vec::new() }
}

/// What a file of a document is saved as: by its number, and a draft by its id.
pub fn name(invoice: &pb::Invoice, format: pb::InvoiceFormat) -> String {
    let id = invoice.name.rsplit('/').next().unwrap_or(&invoice.name);
    let named = if invoice.number.is_empty() { id } else { invoice.number.as_str() };
    let extension = match format {
        pb::InvoiceFormat::Unspecified | pb::InvoiceFormat::Pdf => "pdf",
        pb::InvoiceFormat::Csv => "csv",
        pb::InvoiceFormat::Json => "json",
    };
    format!("{}.{extension}", named.replace('/', "-"))
}

/// The lines as CSV: RFC 4180, UTF-8, with a header.
pub fn csv(invoice: &pb::Invoice) -> HttpBody {
    let mut file = record(COLUMNS);
    for line in &invoice.lines {
        file.push_str(&record(row(invoice, line)));
    }
    of("text/csv; charset=utf-8", file.into_bytes())
}

/// A row; what would break it is quoted.
fn record<const N: usize>(fields: [impl AsRef<str>; N]) -> String {
    let quoted = |field: &str| match field.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    };
    fields.map(|field| quoted(field.as_ref())).join(",") + "\r\n"
}

fn row(invoice: &pb::Invoice, line: &pb::InvoiceLine) -> [String; COLUMNS.len()] {
    let (origin, service) = (line.origin_period.as_ref(), line.service_period.as_ref());
    [
        invoice.number.clone(),
        invoice.state().as_str_name().replace("INVOICE_STATE_", ""),
        day(invoice.issue_date.as_ref()),
        day(invoice.due_date.as_ref()),
        invoice.billing_month.clone(),
        invoice.account.clone(),
        line.order_external_id.clone(),
        line.advertiser.clone(),
        invoice.gross.as_ref().map_or_else(String::new, |gross| gross.currency_code.clone()),
        line.number.to_string(),
        line.order_line.clone(),
        line.kind().as_str_name().replace("INVOICE_LINE_KIND_", ""),
        line.description.clone(),
        line.note.clone(),
        day(origin.and_then(|days| days.first.as_ref())),
        day(origin.and_then(|days| days.last.as_ref())),
        line.late.to_string(),
        line.quantity.clone(),
        line.unit.clone(),
        line.rate.clone(),
        amount(line.gross.as_ref()),
        amount(line.commission.as_ref()),
        amount(line.net.as_ref()),
        day(service.and_then(|days| days.first.as_ref())),
        day(service.and_then(|days| days.last.as_ref())),
        day(line.tax_point.as_ref()),
        line.accounting_month.clone(),
        line.price_base.to_string(),
        line.tax_place.clone(),
        line.tax_category().as_str_name().replace("TAX_CATEGORY_", ""),
        line.tax_percent.clone(),
        amount(line.tax.as_ref()),
        line.purchase_order.clone(),
        invoice.kind().as_str_name().replace("DOCUMENT_KIND_", ""),
        invoice.corrects_number.clone(),
        // 0 on a document that corrects nothing.
        Some(line.corrects_line)
            .filter(|number| *number > 0)
            .map_or_else(String::new, |number| number.to_string()),
        match invoice.basis() {
            pb::NoteBasis::Unspecified => String::new(),
            basis @ (pb::NoteBasis::Correction
            | pb::NoteBasis::Commercial
            | pb::NoteBasis::Tax
            | pb::NoteBasis::Makegood
            | pb::NoteBasis::Rebill) => basis.as_str_name().replace("NOTE_BASIS_", ""),
        },
        invoice.rebills_number.clone(),
        invoice.rebilled_as_number.clone(),
    ]
}

/// The message as protobuf JSON, every field said, as the REST door writes it.
pub fn json(invoice: &pb::Invoice) -> Result<HttpBody, Failure> {
    let described = DESCRIPTOR_POOL.get_message_by_name("billing.invoicing.v1.Invoice");
    let described = described.context("the contract has no Invoice")?;
    let message =
        DynamicMessage::decode(described, invoice.encode_to_vec().as_slice()).context("not an Invoice")?;
    let mut data = Vec::new();
    let options = SerializeOptions::new().skip_default_fields(false);
    message
        .serialize_with_options(&mut serde_json::Serializer::new(&mut data), &options)
        .context("not JSON")?;
    Ok(of("application/json", data))
}

fn day(day: Option<&Date>) -> String {
    day.map_or_else(String::new, |day| format!("{:04}-{:02}-{:02}", day.year, day.month, day.day))
}

fn amount(amount: Option<&pb::Money>) -> String {
    amount.map_or_else(String::new, |amount| amount.amount.clone())
}
