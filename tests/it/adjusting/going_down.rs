//! Either side dies at any point: in effect the note is issued exactly once.

use anyhow::{Result, ensure};
use billing_proto::billing::{access::v1::Role, adjustments::v1 as adj};
use jiff::SignedDuration;
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use tokio::time::{Instant, sleep};

use super::{
    house::{House, credit},
    line::State,
};
use crate::suite::reason;

/// A credit of 10,000.00 that lacks its last approval.
async fn almost_approved(house: &House) -> Result<adj::Adjustment> {
    let invoice = house.invoiced("40000.00").await?;
    let submitted = house.submit(&house.draft(credit(&invoice, "10000.00"), "draft").await?).await?;
    house.approve(&submitted, ("manager", Role::BillingManager)).await?;
    Ok(submitted)
}

async fn approved(house: &House, submitted: &adj::Adjustment) -> Result<()> {
    house.approve(submitted, ("controller", Role::Controller)).await?;
    Ok(())
}

/// Time goes on until something holds of the adjustment.
async fn later(
    house: &House,
    name: &str,
    holds: impl Fn(&adj::Adjustment) -> bool,
) -> Result<adj::Adjustment> {
    let since = Instant::now();
    loop {
        let now = house.adjustment(name).await?;
        if holds(&now) {
            return Ok(now);
        }
        ensure!(since.elapsed() < Duration::from_secs(60), "we wait in vain: {now:?}");
        house.clock.advance(SignedDuration::from_millis(500));
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn adjustments_dies_after_invoicing_has_committed() -> Result<()> {
    // Story 1: one credit note, open 30,600.00.
    let mut house = House::open().await?;
    let submitted = almost_approved(&house).await?;
    house.line.is(State::Deaf);
    approved(&house, &submitted).await?;
    let since = Instant::now();
    while house.credit_notes().await?.is_empty() {
        ensure!(since.elapsed() < Duration::from_secs(30), "no note is issued");
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(house.adjustment(&submitted.name).await?.state(), adj::AdjustmentState::Approved, "unheard");
    house.line.is(State::Cut);
    house.adjustments_dies().await;
    house.line.is(State::Open);
    house.adjustments_starts().await?;
    let done = later(&house, &submitted.name, |now| now.state() == adj::AdjustmentState::Executed).await?;
    let notes = house.credit_notes().await?;
    ensure!(notes.len() == 1, "{notes:?}");
    assert_eq!(done.document, notes[0].name);
    let invoices = house.invoices(super::house::anywhere()).await?;
    let invoice = invoices.iter().find(|document| document.name == submitted.invoice);
    assert_eq!(house.open_on(invoice.unwrap_or(&notes[0])).await?, "30600.00");
    Ok(())
}

#[tokio::test]
async fn invoicing_is_down_for_ten_minutes_in_the_middle() -> Result<()> {
    let house = House::open().await?;
    let submitted = almost_approved(&house).await?;
    house.line.is(State::Cut);
    approved(&house, &submitted).await?;
    let waiting = later(&house, &submitted.name, |now| !now.delay.is_empty()).await?;
    assert_eq!(waiting.state(), adj::AdjustmentState::Approved);
    assert!(waiting.delay.contains("invoicing does not answer"), "{}", waiting.delay);
    let request = adj::CreateAdjustmentRequest {
        parent: house.account.clone(),
        adjustment: Some(adj::Adjustment { invoice: submitted.invoice.clone(), ..submitted.clone() }),
        request_id: "meanwhile".into(),
    };
    let refused = house.analyst()?.create_adjustment(request).await.unwrap_err();
    assert_eq!(reason(&refused), "INVOICING_UNAVAILABLE");
    house.clock.advance(SignedDuration::from_mins(10));
    house.line.is(State::Open);
    let done = later(&house, &submitted.name, |now| now.state() == adj::AdjustmentState::Executed).await?;
    assert_eq!((done.delay.as_str(), house.credit_notes().await?.len()), ("", 1));
    Ok(())
}

#[tokio::test]
async fn what_was_changed_behind_an_approval_is_void_and_makes_no_note() -> Result<()> {
    let house = House::open().await?;
    let submitted = almost_approved(&house).await?;
    house.line.is(State::Cut);
    approved(&house, &submitted).await?;
    later(&house, &submitted.name, |now| !now.delay.is_empty()).await?;
    let mut database = PgConnection::connect(house.database.url()).await?;
    sqlx::query("update adjustments.adjustment set reason = 'Something else'").execute(&mut database).await?;
    house.line.is(State::Open);
    let done = later(&house, &submitted.name, |now| now.state() != adj::AdjustmentState::Approved).await?;
    assert_eq!((done.state(), house.credit_notes().await?.len()), (adj::AdjustmentState::Voided, 0));
    Ok(())
}
