//! Prints what is issued. The file follows from what was pinned on the day of issue, and from nothing else; its own
//! timestamps are those of the issue. Whoever needs it first makes it: this worker, or the call that downloads it.

use anyhow::{Context, ensure};
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::{Failure, OrRefuse};
use invoicing_domain::invoice::InvoiceRefusal;
use jiff::Timestamp;
use serde_json::Value;
use sqlx::PgConnection;

use super::Worker;
use crate::{
    report,
    store::document::{self as store, Named},
    wire::printed::printed,
};

/// The design that this release prints.
pub const TEMPLATE_VERSION: i32 = 1;

/// Prints one document. False: there is nothing to do.
pub(super) async fn step(worker: &Worker) -> Result<bool, Failure> {
    let mut transaction = worker.pool.begin().await?;
    let Some(named) = store::claim(&mut transaction).await? else { return Ok(false) };
    let invoice = report::invoice::get(&mut transaction, named, None).await?;
    let name = invoice.name.clone();
    let parties = store::parties(&mut transaction, named).await?;
    match print(invoice, parties).await {
        Ok(content) => store::record(&mut transaction, named, &content, worker.clock.now()).await?,
        Err(why) => {
            let why = format!("{why:#}");
            tracing::error!(invoice = name, error = why, "a document cannot be printed");
            store::record_failure(&mut transaction, named, &why).await?;
        }
    }
    transaction.commit().await?;
    Ok(true)
}

/// The PDF of a document, made now if nobody has made it yet.
pub async fn pdf(
    connection: &mut PgConnection,
    named: Named,
    invoice: pb::Invoice,
    at: Timestamp,
) -> Result<Vec<u8>, Failure> {
    if invoice.state() != pb::InvoiceState::Issued {
        return Err(InvoiceRefusal::NotIssued { invoice: invoice.name }).or_refuse();
    }
    if let Some(content) = store::pdf(connection, named).await? {
        return Ok(content);
    }
    store::lock(connection, named).await?;
    if let Some(content) = store::pdf(connection, named).await? {
        return Ok(content);
    }
    let name = invoice.name.clone();
    let parties = store::parties(connection, named).await?;
    let printed = print(invoice, parties).await;
    let content = printed
        .map_err(|why| InvoiceRefusal::Unprintable { invoice: name, why: format!("{why:#}") })
        .or_refuse()?;
    store::record(connection, named, &content, at).await?;
    Ok(content)
}

/// Drawing takes a while and never waits: it has a thread of its own.
async fn print(invoice: pb::Invoice, (parties, template): (Value, i32)) -> Result<Vec<u8>, anyhow::Error> {
    ensure!(template == TEMPLATE_VERSION, "this release does not have design {template}");
    let drawn = tokio::task::spawn_blocking(move || Ok(document::render(&printed(&invoice, parties)?)?));
    drawn.await.context("drawing was cut short")?
}
