//! Makes what is approved: invoicing is called as it was proposed, with the rights of who proposed it. The request id is the
//! approval's, so that however often it is asked, by whomever, there is one change.

#[cfg(test)]
mod tests;

use adjustments_domain::{
    approval::{self, Event, Request, State},
    change::{self, Change, executed},
};
use anyhow::Context;
use chassis::failure::{Failure, OrRefuse};
use jiff::Timestamp;
use outbox::{Voice, say};
use refusal::Class;
use serde_json::Value;
use sqlx::PgConnection;

use super::{
    Worker,
    execute::{CHANGED, LATER, is_refused_with, why},
    follow::happen,
};
use crate::{
    store::{approval as requests, change as store},
    wire::{change as wire, fact},
};

/// Why invoicing refuses what it may well do later: it does not take this service for the one that it trusts with approvals, which
/// its configuration mends.
const NOT_TRUSTED: [&str; 1] = ["APPROVAL_REQUIRED"];

/// Makes one change. False: there is nothing to do.
pub(super) async fn step(worker: &Worker) -> Result<bool, Failure> {
    let now = worker.clock.now();
    let mut transaction = worker.pool.begin().await?;
    let Some(kept) = store::claim(&mut transaction, now).await? else { return Ok(false) };
    let change = kept.change;
    if change.state != change::State::Approved {
        // Another worker has done it between the choice and the lock.
        return Ok(true);
    }
    let request = requests::get(&mut transaction, change.approval, None).await?;
    let digest = change.wanted.digest();
    if digest != request.subject.digest {
        tracing::error!(change = %change.id, "an approved change is another one now, and is not made");
        let again = now.checked_add(LATER).context("the next attempt lies beyond the calendar")?;
        store::record_delay(&mut transaction, change.id, (CHANGED, again)).await?;
        let events = approval::subject_changed(&request, &digest, now);
        happen(&mut transaction, request, &events, now).await?;
        transaction.commit().await?;
        return Ok(true);
    }
    match make(worker, &change, kept.grants).await {
        Ok(()) => finish(&mut transaction, (&change, request), now).await?,
        Err(failure) => not_done(&mut transaction, (&change, request), failure, now).await?,
    }
    transaction.commit().await?;
    Ok(true)
}

/// Calls invoicing as it was proposed.
async fn make(worker: &Worker, change: &Change, grants: Value) -> Result<(), Failure> {
    let (method, message) = wire::call(change)?;
    let grants = serde_json::from_value(grants).context("the rights of who proposed it cannot be read")?;
    worker.invoicing.call(method, message, grants).await
}

/// Records that it is made, of the change and of its request.
async fn finish(
    connection: &mut PgConnection,
    (change, request): (&Change, Request),
    now: Timestamp,
) -> Result<(), Failure> {
    let done = store::record(connection, executed(change, now)).await?;
    say(connection, &Voice::system("", now), vec![fact::change(&done)?]).await?;
    // What an emergency let pass keeps the state of its review.
    if !matches!(request.state, State::Approved(_)) {
        return Ok(());
    }
    let events = approval::executed(&request, &done.wanted.digest()).or_refuse()?;
    happen(connection, request, &events, now).await
}

/// Where invoicing says no it is void: what was approved was approved of things as they stood. Where it says nothing it is tried
/// again.
async fn not_done(
    connection: &mut PgConnection,
    (change, request): (&Change, Request),
    failure: Failure,
    now: Timestamp,
) -> Result<(), Failure> {
    let is_no = is_no(&failure);
    let (why, pause) = why(failure);
    tracing::warn!(change = %change.id, why, is_no, "an approved change is not made");
    let again = now.checked_add(pause).context("the next attempt lies beyond the calendar")?;
    store::record_delay(connection, change.id, (&why, again)).await?;
    if !is_no {
        return Ok(());
    }
    if matches!(request.state, State::Approved(_)) {
        return happen(connection, request, &[Event::Voided { at: now, why }], now).await;
    }
    // What an emergency let pass keeps the state of its review.
    let ended = store::record(connection, change::void(change)).await?;
    say(connection, &Voice::system("", now), vec![fact::change(&ended)?]).await?;
    Ok(())
}

/// Whether it is refused for good: neither is invoicing away, nor has it too much to do, nor is it broken, nor does it trust
/// somebody else with approvals.
fn is_no(failure: &Failure) -> bool {
    match failure {
        Failure::Refused(_) if is_refused_with(failure, &NOT_TRUSTED) => false,
        Failure::Refused(refusal) => match refusal.class {
            Class::Malformed
            | Class::Unauthenticated
            | Class::Forbidden
            | Class::Missing
            | Class::Exists
            | Class::StateForbids
            | Class::Stale => true,
            Class::Exhausted | Class::Unavailable => false,
        },
        Failure::Fault(_) => false,
    }
}
