//! Gives back what is approved: invoicing records the refund. The request id is the approval's, so that however often it is
//! asked, by whomever, there is one refund.

use adjustments_domain::{
    act::Act,
    approval::{self, Event, Request, State},
    refund::{self, RefundRequest, executed, void},
};
use anyhow::Context;
use billing_proto::billing::{event::v1 as events, invoicing::v1 as invoicing};
use chassis::failure::{Failure, OrRefuse};
use ids::AccountId;
use jiff::Timestamp;
use outbox::{Voice, say};
use sqlx::PgConnection;

use super::{
    Worker,
    execute::{CHANGED, LATER, is_refused_with, why},
    follow::happen,
    hear::ACCOUNTS,
};
use crate::{
    store::{approval as requests, refund as store},
    wire::{fact, name, refund as wire},
};

/// Why invoicing has nothing to give back any more.
const GONE: [&str; 2] = ["ALLOCATION_ABOVE_LEFT", "REFUND_ABOVE_CREDIT"];

/// Executes one refund. False: there is nothing to do.
pub(super) async fn step(worker: &Worker) -> Result<bool, Failure> {
    let now = worker.clock.now();
    let mut transaction = worker.pool.begin().await?;
    let Some(refund) = store::claim(&mut transaction, now).await? else { return Ok(false) };
    if refund.state != refund::State::Approved {
        // Another worker has done it between the choice and the lock.
        return Ok(true);
    }
    let request = requests::get(&mut transaction, refund.approval, None).await?;
    let digest = refund.wanted.digest();
    let named = (refund.wanted.account, refund.id);
    if digest != request.subject.digest {
        tracing::error!(refund = %refund.id, "an approved refund was changed, and is not executed");
        let again = now.checked_add(LATER).context("the next attempt lies beyond the calendar")?;
        store::record_delay(&mut transaction, named, (CHANGED, again)).await?;
        let events = approval::subject_changed(&request, &digest, now);
        happen(&mut transaction, request, &events, now).await?;
        transaction.commit().await?;
        return Ok(true);
    }
    if store::begin(&mut transaction, named, now).await? {
        // Kept before invoicing is asked: from here on it may be given back, whoever dies meanwhile.
        transaction.commit().await?;
        return Ok(true);
    }
    let message = invoicing::RecordRefundRequest {
        parent: name::account_name(refund.wanted.account),
        refund: Some(wire::refund(&refund.wanted)),
        request_id: refund.approval.to_string(),
    };
    match worker.invoicing.refund(message).await {
        Ok(became) => finish(&mut transaction, (&refund, request), became, now).await?,
        Err(failure) => not_done(&mut transaction, (&refund, request), failure, now).await?,
    }
    transaction.commit().await?;
    Ok(true)
}

/// It is tried again later. Where there is nothing left of it it is void instead: it was approved of what there was, and what comes in
/// later is not given back without being asked about.
async fn not_done(
    connection: &mut PgConnection,
    (refund, request): (&RefundRequest, Request),
    failure: Failure,
    now: Timestamp,
) -> Result<(), Failure> {
    let is_gone = is_refused_with(&failure, &GONE);
    let (why, pause) = why(failure);
    tracing::warn!(refund = %refund.id, why, is_gone, "an approved refund is not executed");
    let again = now.checked_add(pause).context("the next attempt lies beyond the calendar")?;
    store::record_delay(connection, (refund.wanted.account, refund.id), (&why, again)).await?;
    if !is_gone {
        return Ok(());
    }
    if matches!(request.state, State::Approved(_)) {
        return happen(connection, request, &[Event::Voided { at: now, why }], now).await;
    }
    // What an emergency let pass keeps the state of its review.
    let ended = store::record(connection, void(refund).or_refuse()?).await?;
    Ok(say(connection, &Voice::system("", now), vec![fact::refund(&ended)]).await?)
}

/// Records that it is done, of the refund and of its request.
async fn finish(
    connection: &mut PgConnection,
    (refund, request): (&RefundRequest, Request),
    became: String,
    now: Timestamp,
) -> Result<(), Failure> {
    let done = store::record(connection, executed(refund, became, now).or_refuse()?).await?;
    say(connection, &Voice::system("", now), vec![fact::refund(&done)]).await?;
    // What an emergency let pass keeps the state of its review.
    if !matches!(request.state, State::Approved(_)) {
        return Ok(());
    }
    let events = approval::executed(&request, &done.wanted.digest()).or_refuse()?;
    happen(connection, request, &events, now).await
}

/// Whoever has made or changed an account has no say in its refunds for a while; and those that wait are void, since they were
/// asked for of an account that was another one. So are those that are approved, unless they may be given back already.
pub(super) async fn look_at_accounts(
    connection: &mut PgConnection,
    said: &[&events::Event],
    now: Timestamp,
) -> Result<(), Failure> {
    let of_accounts = said.iter().filter(|event| event.r#type.starts_with(ACCOUNTS));
    let changes: Vec<(AccountId, Act)> =
        of_accounts.map(|event| wire::account_change(event)).collect::<Result<_, anyhow::Error>>()?;
    if changes.is_empty() {
        return Ok(());
    }
    let accounts: Vec<AccountId> = changes.iter().map(|(account, _)| *account).collect();
    store::lock_accounts(connection, &accounts).await?;
    store::record_changes(connection, &changes).await?;
    for (account, approval) in store::not_begun(connection, &accounts).await? {
        requests::lock(connection, approval).await?;
        let request = requests::get(connection, approval, None).await?;
        let is_void = match &request.state {
            State::Pending => true,
            State::Approved(_) => !store::is_begun(connection, approval).await?,
            State::Executed(_)
            | State::Rejected
            | State::Returned
            | State::Withdrawn(_)
            | State::Expired { .. }
            | State::Voided { .. }
            | State::PostReviewDue { .. }
            | State::Ratified { .. }
            | State::Violation { .. } => false,
        };
        if is_void {
            let of = changes.iter().filter(|(changed, _)| *changed == account);
            let by: Vec<&str> = of.map(|(_, act)| act.by.as_str()).collect();
            let name = name::account_name(account);
            let why = format!("{name} was changed by {}; ask for the refund anew", by.join(", "));
            happen(connection, request, &[Event::Voided { at: now, why }], now).await?;
        }
    }
    Ok(())
}
