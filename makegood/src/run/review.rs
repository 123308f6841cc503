//! What a person looks at before a run is approved: its drafts, its totals, what was noticed.

use billing_proto::billing::invoicing::v1 as pb;
use comfy_table::{CellAlignment, Table, presets::UTF8_BORDERS_ONLY};

use crate::client::{Client, ask};

/// How many drafts are shown; the others are counted.
const SHOWN: i32 = 50;

/// Prints drafts, exceptions and totals.
pub async fn print(client: &Client, run: &pb::BillingRun) -> Result<(), anyhow::Error> {
    let request = pb::ListInvoicesRequest {
        parent: "accounts/-".to_owned(),
        page_size: SHOWN,
        billing_run: run.name.clone(),
        ..pb::ListInvoicesRequest::default()
    };
    let page = ask!(client.invoices(), list_invoices, request)?;
    if !page.invoices.is_empty() {
        println!("{}", drafts(&page.invoices));
    }
    if !page.next_page_token.is_empty() {
        println!("These are the first {SHOWN}; all of them: ListInvoices with billing_run {}", run.name);
    }
    exceptions(client, run).await?;
    if run.totals.is_empty() {
        println!("{} for {}: nothing to bill", run.name, run.month);
    }
    for totals in &run.totals {
        let (gross, commission, net) =
            (amount(&totals.gross), amount(&totals.commission), amount(&totals.net));
        println!(
            "{} for {}: {} drafts, gross {gross}, commission {commission}, net {net} {}",
            run.name,
            run.month,
            totals.drafts,
            totals.gross.as_ref().map_or("", |gross| gross.currency_code.as_str())
        );
    }
    Ok(())
}

fn drafts(invoices: &[pb::Invoice]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header(["number", "order", "advertiser", "period", "spots", "gross", "commission", "net"]);
    for invoice in invoices {
        table.add_row([
            if invoice.number.is_empty() { "draft" } else { &invoice.number },
            &invoice.order_external_id,
            &invoice.advertiser,
            &invoice.invoice_period.as_ref().map_or_else(String::new, days),
            &invoice.spots.to_string(),
            amount(&invoice.gross),
            amount(&invoice.commission),
            amount(&invoice.net),
        ]);
    }
    for at in 4..8 {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

async fn exceptions(client: &Client, run: &pb::BillingRun) -> Result<(), anyhow::Error> {
    let request = pb::ListBillingExceptionsRequest {
        parent: run.name.clone(),
        page_size: SHOWN,
        state: pb::ExceptionState::Open.into(),
        ..pb::ListBillingExceptionsRequest::default()
    };
    let page = ask!(client.billing_runs(), list_billing_exceptions, request)?;
    for exception in &page.exceptions {
        let severity = exception.severity().as_str_name().trim_start_matches("EXCEPTION_SEVERITY_");
        let held = exception.amount.as_ref().map_or_else(String::new, |held| format!(" ({})", held.amount));
        println!("{severity} {}: {}{held}", exception.reason, exception.message);
    }
    if !page.next_page_token.is_empty() {
        println!("There are more; all of them: ListBillingExceptions of {}", run.name);
    }
    Ok(())
}

/// The amount as it stands; empty where there is none.
pub fn amount(money: &Option<pb::Money>) -> &str {
    money.as_ref().map_or("", |money| money.amount.as_str())
}

fn days(days: &pb::Days) -> String {
    let day = |day: &Option<billing_proto::google::r#type::Date>| {
        day.as_ref()
            .map_or_else(String::new, |day| format!("{:04}-{:02}-{:02}", day.year, day.month, day.day))
    };
    format!("{} – {}", day(&days.first), day(&days.last))
}
