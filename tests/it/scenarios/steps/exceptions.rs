use anyhow::{Context, Result, ensure};
use billing_proto::billing::invoicing::v1 as pb;

use super::{
    super::{table, world::World},
    Said, invoices, runs,
};
use crate::suite::day_text;

/// What the run found, page by page.
async fn found(world: &World) -> Result<Vec<pb::BillingException>> {
    let parent = world.run.name.clone();
    let mut request = pb::ListBillingExceptionsRequest {
        parent,
        page_size: 2,
        ..pb::ListBillingExceptionsRequest::default()
    };
    let mut found = Vec::new();
    loop {
        let client = world.client("the first manager")?;
        let page = client.runs().list_billing_exceptions(request.clone()).await?.into_inner();
        found.extend(page.exceptions);
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

async fn because_of(world: &World, reason: &str) -> Result<Vec<pb::BillingException>> {
    Ok(found(world).await?.into_iter().filter(|exception| exception.reason == reason).collect())
}

async fn the_one(world: &World, reason: &str) -> Result<pb::BillingException> {
    let mut found = because_of(world, reason).await?;
    ensure!(found.len() == 1, "expected one {reason}, got {found:?}");
    found.pop().context("there is one")
}

fn compare(world: &World, said: &Said<'_>, found: Vec<pb::BillingException>) -> Result<()> {
    let codes = world.codes();
    let cells = |exception: pb::BillingException| {
        let origin = exception.origin_period.unwrap_or_default();
        let severity =
            exception.severity().as_str_name().trim_start_matches("EXCEPTION_SEVERITY_").to_owned();
        vec![
            ("order", codes.get(&exception.order).cloned().unwrap_or(exception.order)),
            ("line", exception.line),
            ("severity", severity),
            ("reason", exception.reason),
            ("amount", exception.amount.map_or(String::new(), |amount| amount.amount)),
            ("origin", format!("{} to {}", day_text(origin.first), day_text(origin.last))),
        ]
    };
    table::compare(said.block, found.into_iter().map(cells))
}

pub async fn of_reason(world: &mut World, said: &Said<'_>) -> Result<()> {
    compare(world, said, because_of(world, said.word(0)).await?)
}

pub async fn changes(world: &mut World, said: &Said<'_>) -> Result<()> {
    let exception = the_one(world, said.word(0)).await?;
    let cells = |change: pb::BilledChange| {
        vec![
            ("quantity", change.quantity),
            ("rate", invoices::price(&change.rate)),
            ("price base", change.price_base.to_string()),
        ]
    };
    table::compare(said.block, exception.changes.into_iter().map(cells))
}

pub async fn outcomes(world: &mut World, said: &Said<'_>) -> Result<()> {
    let exception = the_one(world, said.word(0)).await?;
    let cells = |outcome: pb::PricedOutcome| {
        vec![
            ("outcome", outcome.outcome),
            ("units", outcome.units),
            ("amount", outcome.amount.map_or(String::new(), |amount| amount.amount)),
        ]
    };
    table::compare(said.block, exception.outcomes.into_iter().map(cells))
}

pub async fn says(world: &mut World, said: &Said<'_>) -> Result<()> {
    let message = the_one(world, said.word(0)).await?.message;
    ensure!(message.contains(said.word(1)), "got {message}");
    Ok(())
}

pub async fn billed_by(world: &mut World, said: &Said<'_>) -> Result<()> {
    let billed_by = the_one(world, said.word(0)).await?.billed_by;
    let billing_month = said.word(2).to_owned();
    let request = pb::ListInvoicesRequest { billing_month, ..pb::ListInvoicesRequest::default() };
    let mut issued = invoices::list(world, request).await?;
    issued.retain(|invoice| invoice.order_external_id == said.word(1));
    let names: Vec<String> = issued.into_iter().map(|invoice| invoice.name).collect();
    ensure!(billed_by == names, "expected {names:?}, got {billed_by:?}");
    Ok(())
}

/// The drafts that wait for a reason.
async fn waiting(world: &World, reason: &str) -> Result<Vec<String>> {
    let open = |exception: &pb::BillingException| {
        exception.state() == pb::ExceptionState::Open && exception.severity() == pb::ExceptionSeverity::Block
    };
    let found = found(world).await?.into_iter().filter(open);
    Ok(found.filter(|e| reason.is_empty() || e.reason == reason).map(|e| e.invoice).collect())
}

pub async fn one_waits(world: &mut World, said: &Said<'_>) -> Result<()> {
    let waiting = waiting(world, said.word(0)).await?;
    ensure!(waiting.len() == 1, "got {waiting:?}");
    Ok(())
}

pub async fn none_waits(world: &mut World, _: &Said<'_>) -> Result<()> {
    let waiting = waiting(world, "").await?;
    ensure!(waiting.is_empty(), "got {waiting:?}");
    runs::look(world).await
}

pub async fn type_purchase_order(world: &mut World, said: &Said<'_>) -> Result<()> {
    let name = waiting(world, "").await?.pop().context("no draft waits")?;
    let request = pb::EditInvoiceRequest {
        name,
        purchase_order: Some(said.word(1).to_owned()),
        request_id: world.request_id(),
        ..pb::EditInvoiceRequest::default()
    };
    world.client(said.word(0))?.invoices().edit_invoice(request).await?;
    Ok(())
}
