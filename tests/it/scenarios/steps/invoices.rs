use anyhow::{Context, Result, ensure};
use billing_proto::billing::invoicing::v1 as pb;

use super::{
    super::{table, world::World},
    Said,
};
use crate::{
    oracle::Amount,
    suite::{day_text, rest},
};

/// All that a list has, page by page.
pub async fn list(world: &World, request: pb::ListInvoicesRequest) -> Result<Vec<pb::Invoice>> {
    let mut request = pb::ListInvoicesRequest { parent: "accounts/-".to_owned(), page_size: 2, ..request };
    let mut found = Vec::new();
    loop {
        let page =
            world.client("the first manager")?.invoices().list_invoices(request.clone()).await?.into_inner();
        found.extend(page.invoices);
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

async fn issued(world: &World) -> Result<Vec<pb::Invoice>> {
    let state = pb::InvoiceState::Issued.into();
    list(world, pb::ListInvoicesRequest { state, ..pb::ListInvoicesRequest::default() }).await
}

/// The credit notes that are out.
pub async fn credit_notes(world: &World) -> Result<Vec<pb::Invoice>> {
    let mut notes = issued(world).await?;
    notes.retain(|document| document.kind() == pb::DocumentKind::CreditNote);
    Ok(notes)
}

pub async fn get(world: &World, name: &str) -> Result<pb::Invoice> {
    let request = pb::GetInvoiceRequest { name: name.to_owned() };
    Ok(world.client("the first manager")?.invoices().get_invoice(request).await?.into_inner())
}

fn amount(money: &Option<pb::Money>) -> String {
    money.as_ref().map_or(String::new(), |money| money.amount.clone())
}

/// An invoice as the tables of the stories write it.
pub fn cells(invoice: pb::Invoice) -> Vec<(&'static str, String)> {
    vec![
        ("order", invoice.order_external_id),
        ("month", invoice.billing_month),
        ("number", invoice.number),
        ("issue date", day_text(invoice.issue_date)),
        ("due date", day_text(invoice.due_date)),
        ("spots", invoice.spots.to_string()),
        ("waiting", if invoice.waiting { "yes".to_owned() } else { String::new() }),
        ("gross", amount(&invoice.gross)),
        ("commission", amount(&invoice.commission)),
        ("net", amount(&invoice.net)),
        ("tax", amount(&invoice.tax)),
        ("total", amount(&invoice.total)),
        ("period", {
            let days = invoice.invoice_period.unwrap_or_default();
            format!("{} to {}", day_text(days.first), day_text(days.last))
        }),
    ]
}

/// A price as the tables write it: 275 and 275.00 are the same.
pub fn price(rate: &str) -> String {
    Amount::parse(rate).map_or(String::new(), |rate| rate.to_string())
}

fn line_cells(line: pb::InvoiceLine) -> Vec<(&'static str, String)> {
    let kind = line.kind().as_str_name().trim_start_matches("INVOICE_LINE_KIND_").to_owned();
    let origin = line.origin_period.unwrap_or_default();
    vec![
        ("line", line.order_line),
        ("kind", kind),
        ("quantity", line.quantity),
        ("unit", line.unit),
        ("rate", price(&line.rate)),
        ("price base", line.price_base.to_string()),
        ("gross", amount(&line.gross)),
        ("commission", amount(&line.commission)),
        ("net", amount(&line.net)),
        ("origin", format!("{} to {}", day_text(origin.first), day_text(origin.last))),
        ("late", if line.late { "yes".to_owned() } else { String::new() }),
        ("note", line.note),
    ]
}

/// The invoice of an order and month.
pub async fn of_order(world: &World, order: &str, month: &str) -> Result<pb::Invoice> {
    let billing_month = month.to_owned();
    let found =
        list(world, pb::ListInvoicesRequest { billing_month, ..pb::ListInvoicesRequest::default() }).await?;
    let billed = |invoice: &&pb::Invoice| {
        invoice.kind() == pb::DocumentKind::Invoice && invoice.order_external_id == order
    };
    get(world, &found.iter().find(billed).context("there is none")?.name).await
}

pub async fn lines(world: &mut World, said: &Said<'_>) -> Result<()> {
    let invoice = of_order(world, said.word(0), said.word(1)).await?;
    table::compare(said.block, invoice.lines.into_iter().map(line_cells))
}

pub async fn taxes(world: &mut World, said: &Said<'_>) -> Result<()> {
    let invoice = of_order(world, said.word(0), said.word(1)).await?;
    let cells = |row: pb::TaxRow| {
        vec![
            ("category", row.category().as_str_name().trim_start_matches("TAX_CATEGORY_").to_owned()),
            ("percent", row.percent.clone()),
            ("base", amount(&row.base)),
            ("tax", amount(&row.tax)),
        ]
    };
    table::compare(said.block, invoice.taxes.into_iter().map(cells))
}

pub async fn invoices(world: &mut World, said: &Said<'_>) -> Result<()> {
    table::compare(said.block, issued(world).await?.into_iter().map(cells))
}

pub async fn notes(world: &mut World, said: &Said<'_>) -> Result<()> {
    table::compare(said.block, credit_notes(world).await?.into_iter().map(cells))
}

/// 1, 2, 3 … as far as the series has come.
pub async fn numbers(world: &mut World, said: &Said<'_>) -> Result<()> {
    let parent = world.name(said.word(0))?;
    let request = pb::ListNumberSeriesRequest { parent, ..pb::ListNumberSeriesRequest::default() };
    let series = world.client("the first manager")?.series().list_number_series(request).await?.into_inner();
    let years: Vec<&pb::NumberSeriesYear> =
        series.number_series.iter().flat_map(|each| &each.years).collect();
    let mut expected: Vec<String> = years
        .iter()
        .flat_map(|year| (1..year.next).map(|number| format!("{}-{number:06}", year.year)))
        .collect();
    expected.sort();
    let mut got: Vec<String> = issued(world).await?.into_iter().map(|invoice| invoice.number).collect();
    got.sort();
    ensure!(expected == got, "expected {expected:?}, got {got:?}");
    Ok(())
}

pub async fn over_rest(world: &mut World, _: &Said<'_>) -> Result<()> {
    let token = world.suite.token("billing_manager_1")?.to_owned();
    for invoice in issued(world).await? {
        let answer =
            rest("GET", &format!("{}/v1/{}", world.suite.address(), invoice.name), Some(&token), "").await?;
        let json = answer.json()?;
        let read = |field: &str| json.get(field)?.get("amount")?.as_str().map(str::to_owned);
        let got = ["gross", "commission", "net"].map(|field| read(field).unwrap_or_default());
        let expected = [amount(&invoice.gross), amount(&invoice.commission), amount(&invoice.net)];
        ensure!(got == expected, "{}: expected {expected:?}, got {}", invoice.number, answer.text());
        ensure!(
            json.get("number").and_then(|number| number.as_str()) == Some(&invoice.number),
            "{}",
            answer.text()
        );
    }
    Ok(())
}

pub async fn downloads(world: &mut World, _: &Said<'_>) -> Result<()> {
    let token = world.suite.token("billing_manager_1")?.to_owned();
    for invoice in issued(world).await? {
        for (format, start) in [("PDF", "%PDF-"), ("CSV", ""), ("JSON", "{")] {
            let path = format!(
                "{}/v1/{}:download?format=INVOICE_FORMAT_{format}",
                world.suite.address(),
                invoice.name
            );
            let answer = rest("GET", &path, Some(&token), "").await?;
            let text = answer.text();
            ensure!(
                answer.status == 200 && text.starts_with(start) && !text.is_empty(),
                "{format}: {text:.300}"
            );
            ensure!(
                format == "PDF" || text.contains(&invoice.number),
                "{format} has no {}: {text:.300}",
                invoice.number
            );
        }
    }
    Ok(())
}
