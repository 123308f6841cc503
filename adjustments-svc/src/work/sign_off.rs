//! Signs off the runs whose requests are approved: invoicing is told who approved which drafts, once, however often it has
//! to be told.

use adjustments_domain::{
    approval::{self, BrokenGlass, Choice, Event, Request, State},
    subject::hexadecimal,
};
use anyhow::Context;
use billing_proto::billing::invoicing::v1 as invoicing;
use chassis::failure::{Failure, OrRefuse};
use jiff::Timestamp;
use refusal::Class;
use sqlx::PgConnection;

use super::{Worker, execute::why, follow::happen, hear};
use crate::{
    store::{
        approval as requests,
        sign_off::{self as store, SignOff},
    },
    wire::name,
};

/// Signs one run off. False: there is nothing to do.
pub(super) async fn step(worker: &Worker) -> Result<bool, Failure> {
    let now = worker.clock.now();
    let mut transaction = worker.pool.begin().await?;
    // Before any request is locked: whoever hears of a run locks in this order, too.
    store::take_turn(&mut transaction).await?;
    let Some(sign_off) = store::claim(&mut transaction, now).await? else { return Ok(false) };
    let request = requests::get(&mut transaction, sign_off.approval, None).await?;
    let message = invoicing::ApproveBillingRunRequest {
        name: sign_off.run.clone(),
        drafts_root: hexadecimal(&sign_off.root),
        request_id: sign_off.approval.to_string(),
        approvers: approvers(&request),
    };
    match worker.invoicing.approve_run(message).await {
        Ok(()) => {
            signed(&mut transaction, request, now).await?;
            // It may have been signed long ago, and be in review again by now.
            let run = worker.invoicing.run(sign_off.run.clone()).await?;
            hear::look(&mut transaction, worker, &run).await?;
        }
        // Most of the drafts are others than those that were approved.
        Err(Failure::Refused(refusal))
            if refusal.class == Class::Stale && matches!(request.state, State::Approved(_)) =>
        {
            changed(&mut transaction, worker, (request, &sign_off), refusal.message).await?;
        }
        Err(failure) => {
            let (why, pause) = why(failure);
            tracing::warn!(run = %sign_off.run, why, "an approved billing run is not signed off yet");
            let again = now.checked_add(pause).context("the next attempt lies beyond the calendar")?;
            store::record_delay(&mut transaction, sign_off.approval, Some(again)).await?;
        }
    }
    transaction.commit().await?;
    Ok(true)
}

/// Who has approved, by their accounts; where nobody was asked, the policy.
fn approvers(request: &Request) -> Vec<String> {
    if let State::PostReviewDue { glass: BrokenGlass { act, .. }, .. }
    | State::Ratified { glass: BrokenGlass { act, .. }, .. }
    | State::Violation { glass: BrokenGlass { act, .. }, .. } = &request.state
    {
        return vec![act.by.clone()];
    }
    let approved = request.decisions.iter().filter(|decision| decision.choice == Choice::Approve);
    let people: Vec<String> = approved.map(|decision| decision.act.by.clone()).collect();
    if people.is_empty() { vec![name::policy_name(request.policy_version)] } else { people }
}

async fn signed(connection: &mut PgConnection, request: Request, now: Timestamp) -> Result<(), Failure> {
    store::record_signed(connection, request.id, now).await?;
    // What an emergency let pass keeps the state of its review.
    if !matches!(request.state, State::Approved(_)) {
        return Ok(());
    }
    let events = approval::executed(&request, &request.subject.digest).or_refuse()?;
    happen(connection, request, &events, now).await
}

/// The request is void, and the drafts that there are now are asked about.
async fn changed(
    connection: &mut PgConnection,
    worker: &Worker,
    (request, sign_off): (Request, &SignOff),
    why: String,
) -> Result<(), Failure> {
    let now = worker.clock.now();
    happen(connection, request, &[Event::Voided { at: now, why }], now).await?;
    let run = worker.invoicing.run(sign_off.run.clone()).await?;
    hear::look(connection, worker, &run).await
}
