//! Tells invoicing how much of a document is disputed, until it has been told. What it is told is an amount and no
//! difference, so that telling it again changes nothing.

use adjustments_domain::dispute::within;
use anyhow::Context;
use billing_proto::billing::invoicing::v1 as invoicing;
use chassis::failure::{Failure, OrRefuse};

use super::{Worker, execute::why};
use crate::{
    store::disputed_document::{self as store, Place, ToTell},
    wire::{dispute as wire, money, name},
};

/// Tells of one document. False: there is nothing to tell.
pub(super) async fn step(worker: &Worker) -> Result<bool, Failure> {
    let now = worker.clock.now();
    let mut transaction = worker.pool.begin().await?;
    let Some(place) = store::claim(&mut transaction, now).await? else { return Ok(false) };
    let to_tell = store::to_tell(&mut transaction, place).await?;
    match tell(worker, place, &to_tell).await {
        Ok(()) => store::record_told(&mut transaction, place, to_tell.version).await?,
        Err(failure) => {
            let (why, pause) = why(failure);
            tracing::warn!(invoice = %place.1, why, "invoicing does not show yet what is disputed");
            let again = now.checked_add(pause).context("the next attempt lies beyond the calendar")?;
            store::record_delay(&mut transaction, place, (&why, again)).await?;
        }
    }
    transaction.commit().await?;
    Ok(true)
}

async fn tell(worker: &Worker, place: Place, to_tell: &ToTell) -> Result<(), Failure> {
    let name = name::invoice_name(place.0, place.1);
    let open = worker.invoicing.open_document(None, name.clone()).await?;
    let amount = within(to_tell.amount, wire::open(&open)?).or_refuse()?;
    let request = invoicing::SetDisputedAmountRequest {
        // The amount is part of it: what is open may have changed since somebody tried.
        request_id: format!("disputed-{}-{}-{amount}", place.1, to_tell.version),
        name,
        amount: Some(money::message(amount)),
        dispute: name::dispute_name((place.0, to_tell.dispute)),
    };
    worker.invoicing.set_disputed_amount(request).await
}
