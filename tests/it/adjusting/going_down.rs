//! Either side dies at any point: in effect the note is issued exactly once.

use anyhow::{Result, ensure};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1 as adj,
    invoicing::v1::{self as pb, note_line::By, note_service_client::NoteServiceClient},
};
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

/// Somebody whom invoicing trusts credits so much of the line, past adjustments.
async fn credited_besides(house: &House, invoice: &str, gross: &str) -> Result<()> {
    let note = pb::Note {
        basis: pb::NoteBasis::Commercial.into(),
        reason: "Agreed by telephone".into(),
        lines: vec![pb::NoteLine { line: 1, by: Some(By::Gross(gross.into())) }],
        ..pb::Note::default()
    };
    let (invoice, note, request_id) = (invoice.to_owned(), Some(note), "besides".into());
    let request = pb::IssueCreditNoteRequest { invoice, note, request_id };
    NoteServiceClient::new(house.trusted()?).issue_credit_note(request).await?;
    Ok(())
}

#[tokio::test]
async fn what_invoicing_refuses_for_good_is_void_and_blocks_nothing() -> Result<()> {
    // 40,000.00 were billed and 35,000.00 are credited meanwhile: 10,000.00 are not there any more, 5,000.00 are.
    let house = House::open().await?;
    let submitted = almost_approved(&house).await?;
    house.line.is(State::Cut);
    approved(&house, &submitted).await?;
    later(&house, &submitted.name, |now| !now.delay.is_empty()).await?;
    credited_besides(&house, &submitted.invoice, "35000.00").await?;
    house.line.is(State::Open);
    let void = later(&house, &submitted.name, |now| now.state() != adj::AdjustmentState::Approved).await?;
    assert_eq!(void.state(), adj::AdjustmentState::Voided);
    assert!(void.delay.contains("5,000.00 left"), "people read why: {}", void.delay);
    assert_eq!(house.approval(&void.approval).await?.state(), adj::ApprovalState::Voided);
    let all = pb::Invoice { name: submitted.invoice.clone(), ..pb::Invoice::default() };
    let rest = house.submit(&house.draft(credit(&all, "5000.00"), "rest").await?).await?;
    assert_eq!(rest.state(), adj::AdjustmentState::Submitted, "all that is left can be asked for");
    assert_eq!(house.credit_notes().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_an_emergency_let_pass_is_void_too_and_looked_at_all_the_same() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let submitted = house.submit(&house.draft(credit(&invoice, "5000.00"), "draft").await?).await?;
    house.line.is(State::Cut);
    let request = adj::PassInEmergencyRequest {
        name: submitted.approval.clone(),
        incident: "INC-1".into(),
        reason: "the customer waits".into(),
        request_id: "pass".into(),
    };
    house.approving("manager", Role::BillingManager)?.pass_in_emergency(request).await?;
    later(&house, &submitted.name, |now| !now.delay.is_empty()).await?;
    credited_besides(&house, &invoice.name, "38000.00").await?;
    house.line.is(State::Open);
    let void = later(&house, &submitted.name, |now| now.state() != adj::AdjustmentState::Approved).await?;
    assert_eq!(void.state(), adj::AdjustmentState::Voided);
    assert!(void.delay.contains("2,000.00 left"), "{}", void.delay);
    assert_eq!(house.approval(&void.approval).await?.state(), adj::ApprovalState::PostReviewDue);
    Ok(())
}
