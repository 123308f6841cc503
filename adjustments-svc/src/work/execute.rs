//! Executes what is approved: invoicing issues the note. The request id is the approval's, so that however often it is
//! asked, by whomever, there is one note; what invoicing has committed and we have not is answered again.

use adjustments_domain::{
    adjustment::{Adjustment, approved, executed},
    approval,
};
use anyhow::Context;
use chassis::failure::{Failure, OrRefuse};
use ids::ApprovalId;
use jiff::{SignedDuration, Timestamp};
use outbox::{Voice, say};
use refusal::Class;
use sqlx::PgConnection;

use super::{Worker, follow::happen};
use crate::{
    store::{adjustment as store, approval as requests},
    wire::{document, fact, name},
};

/// How soon the next attempt comes where invoicing did not answer.
const SOON: SignedDuration = SignedDuration::from_secs(1);

/// How soon where it said no: somebody has to do something first.
const LATER: SignedDuration = SignedDuration::from_secs(60);

/// Executes one adjustment. False: there is nothing to do.
pub(super) async fn step(worker: &Worker) -> Result<bool, Failure> {
    let now = worker.clock.now();
    let mut transaction = worker.pool.begin().await?;
    let Some(adjustment) = store::claim(&mut transaction, now).await? else { return Ok(false) };
    let approval = approved(&adjustment).or_refuse()?;
    match issue(worker, &adjustment, approval).await {
        Ok(document) => finish(&mut transaction, &adjustment, (approval, document), now).await?,
        Err(failure) => {
            let (why, pause) = why(failure);
            tracing::warn!(adjustment = %adjustment.id, why, "an approved adjustment is not executed yet");
            let again = now.checked_add(pause).context("the next attempt lies beyond the calendar")?;
            let named = (adjustment.account, adjustment.id);
            store::record_delay(&mut transaction, named, (&why, again)).await?;
        }
    }
    transaction.commit().await?;
    Ok(true)
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

/// Asks invoicing for the note; answers its name.
async fn issue(worker: &Worker, adjustment: &Adjustment, approval: ApprovalId) -> Result<String, Failure> {
    let kind = adjustment.kind.note().context("an adjustment was approved that becomes no note")?;
    let invoice = name::invoice_name(adjustment.account, adjustment.invoice);
    let note = document::note(&adjustment.proposal())?;
    Ok(worker.invoicing.issue(kind, invoice, note, approval.to_string()).await?.name)
}

/// Records that it is done, of the adjustment and of its request.
async fn finish(
    connection: &mut PgConnection,
    adjustment: &Adjustment,
    (approval, document): (ApprovalId, String),
    now: Timestamp,
) -> Result<(), Failure> {
    let done = executed(adjustment, document, now).or_refuse()?;
    let done = store::record(connection, done).await?;
    say(connection, &Voice::system("", now), vec![fact::settled(&done)]).await?;
    let request = requests::get(connection, approval, None).await?;
    // What an emergency let pass keeps the state of its review.
    if !matches!(request.state, approval::State::Approved(_)) {
        return Ok(());
    }
    let events = approval::executed(&request, &done.digest()).or_refuse()?;
    happen(connection, request, &events, now).await
}
