//! Executes what is approved: invoicing makes the document. The request id is the approval's, so that however often it is
//! asked, by whomever, there is one document; what invoicing has committed and we have not is answered again.

use adjustments_domain::{
    adjustment::{Adjustment, Outcome, approved, executed, void},
    approval::{self, Event, Request},
};
use anyhow::Context;
use billing_proto::billing::invoicing::v1 as invoicing;
use chassis::failure::{Failure, OrRefuse};
use ids::ApprovalId;
use jiff::{SignedDuration, Timestamp};
use outbox::{Voice, say};
use refusal::Class;
use sqlx::PgConnection;

use super::{Worker, follow::happen};
use crate::{
    store::{adjustment as store, approval as requests},
    wire::{document, fact, money, name},
};

/// How soon the next attempt comes where invoicing did not answer.
const SOON: SignedDuration = SignedDuration::from_secs(1);

/// How soon where it said no: somebody has to do something first.
pub(super) const LATER: SignedDuration = SignedDuration::from_secs(60);

/// Why it is not done where somebody went around this service.
pub(super) const CHANGED: &str = "it is not what was approved any more";

/// Why invoicing will not do it later either: what was approved is not there any more.
const GONE: [&str; 11] = [
    "CREDIT_ABOVE_LEFT",
    "TAKEN_BACK_SINCE",
    "SPOT_MADE_GOOD",
    "SPOT_CREDITED",
    "SPOT_NOT_BILLED",
    "SPOT_OWED_BEFORE",
    "SPOT_NOT_OWED",
    "OBLIGATION_SETTLED",
    "LEFT_CHANGED",
    "WRITE_OFF_ABOVE_UNDISPUTED",
    "NOTE_OF_NOTHING",
];

/// Executes one adjustment. False: there is nothing to do.
pub(super) async fn step(worker: &Worker) -> Result<bool, Failure> {
    let now = worker.clock.now();
    let mut transaction = worker.pool.begin().await?;
    let Some((adjustment, digest)) = store::claim(&mut transaction, now).await? else { return Ok(false) };
    // Another worker may have done it between the choice and the lock.
    let Ok(approval) = approved(&adjustment) else { return Ok(true) };
    if adjustment.digest() != digest {
        let request = requests::get(&mut transaction, approval, None).await?;
        changed(&mut transaction, &adjustment, request, now).await?;
        transaction.commit().await?;
        return Ok(true);
    }
    let issued = issue(worker, &adjustment, approval).await;
    // It is locked, so it is what it was; the document does not wait for it to be read.
    let request = requests::get(&mut transaction, approval, None).await?;
    match issued {
        Ok(document) => finish(&mut transaction, &adjustment, (request, document), now).await?,
        Err(failure) => not_done(&mut transaction, (&adjustment, request), failure, now).await?,
    }
    transaction.commit().await?;
    Ok(true)
}

/// It is tried again later. Where there is nothing left to do it with it is void instead: what comes back after that is not taken
/// without being asked about.
async fn not_done(
    connection: &mut PgConnection,
    (adjustment, request): (&Adjustment, Request),
    failure: Failure,
    now: Timestamp,
) -> Result<(), Failure> {
    let is_gone = is_refused_with(&failure, &GONE);
    let (why, pause) = why(failure);
    tracing::warn!(adjustment = %adjustment.id, why, is_gone, "an approved adjustment is not executed");
    let again = now.checked_add(pause).context("the next attempt lies beyond the calendar")?;
    let named = (adjustment.account, adjustment.id);
    store::record_delay(connection, named, (&why, again)).await?;
    if !is_gone {
        return Ok(());
    }
    if matches!(request.state, approval::State::Approved(_)) {
        return happen(connection, request, &[Event::Voided { at: now, why }], now).await;
    }
    // What an emergency let pass keeps the state of its review.
    let ended = store::record_state(connection, void(adjustment).or_refuse()?).await?;
    say(connection, &Voice::system("", now), vec![fact::settled(&ended)]).await?;
    Ok(())
}

/// Whether invoicing said no with one of these reasons.
pub(super) fn is_refused_with(failure: &Failure, reasons: &[&str]) -> bool {
    match failure {
        Failure::Refused(refusal) => refusal
            .metadata
            .iter()
            .any(|(key, theirs)| *key == "invoicing_reason" && reasons.contains(&theirs.as_str())),
        Failure::Fault(_) => false,
    }
}

/// It is not what was approved: it is void, and where an emergency let it pass it waits for whoever looks into that.
async fn changed(
    connection: &mut PgConnection,
    adjustment: &Adjustment,
    request: Request,
    now: Timestamp,
) -> Result<(), Failure> {
    tracing::error!(adjustment = %adjustment.id, "an approved adjustment was changed, and is not executed");
    let again = now.checked_add(LATER).context("the next attempt lies beyond the calendar")?;
    let named = (adjustment.account, adjustment.id);
    store::record_delay(connection, named, (CHANGED, again)).await?;
    let events = approval::subject_changed(&request, &adjustment.digest(), now);
    happen(connection, request, &events, now).await
}

/// Why invoicing has not done it yet, and how long the next attempt waits.
pub(super) fn why(failure: Failure) -> (String, SignedDuration) {
    match failure {
        Failure::Refused(refusal) if refusal.class == Class::Unavailable => (refusal.message, SOON),
        Failure::Refused(refusal) => (refusal.message, LATER),
        Failure::Fault(fault) => {
            tracing::error!(error = format!("{fault:#}"), "invoicing cannot do what it has to");
            ("invoicing failed by a fault of its own; its log says why".to_owned(), LATER)
        }
    }
}

/// Asks invoicing for what the adjustment becomes; answers its name.
async fn issue(worker: &Worker, adjustment: &Adjustment, approval: ApprovalId) -> Result<String, Failure> {
    let invoice = name::invoice_name(adjustment.account, adjustment.invoice);
    let (proposal, request_id) = (adjustment.proposal(), approval.to_string());
    match adjustment.kind.outcome() {
        Outcome::CreditNote => {
            let note = Some(document::note(&proposal)?);
            worker.invoicing.credit(invoicing::IssueCreditNoteRequest { invoice, note, request_id }).await
        }
        Outcome::DebitNote => {
            let note = Some(document::note(&proposal)?);
            worker.invoicing.debit(invoicing::IssueDebitNoteRequest { invoice, note, request_id }).await
        }
        Outcome::Rebill => {
            let rebill = Some(document::rebill(&proposal)?);
            worker.invoicing.rebill(invoicing::RebillInvoiceRequest { invoice, rebill, request_id }).await
        }
        Outcome::TaxNote => {
            let tax_correction = Some(document::tax_correction(&proposal)?);
            let request = invoicing::CorrectTaxRequest { invoice, tax_correction, request_id };
            worker.invoicing.correct_tax(request).await
        }
        Outcome::Owed => {
            let lines = document::missed(&proposal)?;
            let reason = proposal.reason;
            let request = invoicing::OweMakegoodsRequest { invoice, lines, reason, request_id };
            worker.invoicing.owe_makegoods(request).await
        }
        Outcome::Released => {
            let left = adjustment.measured().context("the lines do not add up")?;
            let request = invoicing::ReleaseMakegoodsRequest {
                invoice,
                lines: document::missed(&proposal)?,
                left: Some(money::message(left)),
                reason: proposal.reason,
                request_id,
            };
            worker.invoicing.release_makegoods(request).await
        }
        Outcome::WriteOff => {
            let request = invoicing::WriteOffDocumentRequest {
                document: invoice,
                amount: Some(money::message(document::given_up(&proposal)?)),
                day: None,
                reason: proposal.reason,
                request_id,
            };
            worker.invoicing.write_off(request).await
        }
    }
}

/// Records that it is done, of the adjustment and of its request.
async fn finish(
    connection: &mut PgConnection,
    adjustment: &Adjustment,
    (request, document): (Request, String),
    now: Timestamp,
) -> Result<(), Failure> {
    let done = executed(adjustment, document, now).or_refuse()?;
    let done = store::record_state(connection, done).await?;
    say(connection, &Voice::system("", now), vec![fact::settled(&done)]).await?;
    // What an emergency let pass keeps the state of its review.
    if !matches!(request.state, approval::State::Approved(_)) {
        return Ok(());
    }
    let events = approval::executed(&request, &done.digest()).or_refuse()?;
    happen(connection, request, &events, now).await
}
