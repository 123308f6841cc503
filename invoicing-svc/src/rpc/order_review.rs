//! Orders in review: adjusted, approved or rejected by people.

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, OrderId};
use invoicing_domain::{
    order::{self, OrderReviewRefusal, ReviewState},
    resource::ResourceRefusal,
};
use outbox::Fact;
use refusal::{Refusal, Violations};
use sqlx::PgConnection;

use super::sync_orders::{self, LookedAt};
use crate::{
    store::{
        order as orders,
        order_review::{self as store, Decided, Place, Stored},
    },
    wire::{fact, name, order_batch, order_review as wire},
};

/// The place that a name says.
pub fn place(name: &str) -> Result<Place, Refusal> {
    let mut v = Violations::new();
    let named = name::order_review(&mut v, "name", name);
    named
        .map(|(account, order, revision)| (account.uuid(), order.uuid(), revision))
        .ok_or_else(|| v.refusal())
}

/// The review as a message.
pub fn message(stored: &Stored) -> Result<pb::OrderReview, Failure> {
    let (account, order, revision) = stored.place;
    wire::message(wire::Kept {
        place: (AccountId::from_uuid(account), OrderId::from_uuid(order), revision),
        etag: &stored.review.revision.to_string(),
        state: stored.review.state,
        findings: &stored.findings,
        content: &stored.content,
        received_at: stored.received_at,
        makers: &stored.review.makers,
        decided: stored.decided.as_ref(),
        note: &stored.note,
    })
}

/// The review as it stands, locked, if it is the one that was looked at.
async fn locked(
    transaction: &mut PgConnection,
    call: &Call,
    name: &str,
    etag: &str,
) -> Result<Stored, Failure> {
    let place = place(name)?;
    store::lock(transaction, place).await?;
    let stored = store::get(transaction, place, call.scope.json().as_ref()).await?;
    if !etag.is_empty() && etag != stored.review.revision.to_string() {
        let stale = ResourceRefusal::EtagMismatch { name: name.to_owned(), etag: etag.to_owned() };
        return Err(Refusal::from(stale).into());
    }
    Ok(stored)
}

/// The review as it was left, and what is said of it.
async fn left(
    transaction: &mut PgConnection,
    stored: &Stored,
    kind: &'static str,
) -> Result<(pb::OrderReview, Fact), Failure> {
    let message = message(&store::get(transaction, stored.place, None).await?)?;
    let said = fact::order_review(kind, stored.entity, AccountId::from_uuid(stored.place.0), &message);
    Ok((message, said))
}

/// Takes the order.
pub async fn approve(
    transaction: &mut PgConnection,
    call: &Call,
    request: &pb::ApproveOrderReviewRequest,
) -> Result<(pb::OrderReview, Vec<Fact>), Failure> {
    // As a batch does: its source first, then what is known.
    let source =
        store::get(transaction, place(&request.name)?, call.scope.json().as_ref()).await?.source_system;
    orders::lock_source(transaction, &source).await?;
    let stored = locked(transaction, call, &request.name, &request.etag).await?;
    order::approve(&stored.review, &call.caller.person).or_refuse()?;
    let decided =
        Decided { state: ReviewState::Approved, by: &call.caller.person, at: call.at, note: &request.note };
    store::decide(transaction, &stored, decided).await?;
    let orders = [wire::order_of(&stored.content)?];
    let batch = order_batch::of_one(&source, &orders[0]);
    let (answer, mut facts) =
        sync_orders::sync(transaction, call, (&batch, LookedAt::Approved), &orders).await?;
    let result = answer.results.first().context("an order without a result")?;
    match result.outcome() {
        pb::SyncOutcome::Created | pb::SyncOutcome::Amended => {}
        pb::SyncOutcome::Unspecified
        | pb::SyncOutcome::Unchanged
        | pb::SyncOutcome::Stale
        | pb::SyncOutcome::Conflict
        | pb::SyncOutcome::InReview
        | pb::SyncOutcome::Refused => {
            let findings = format!("{} ({})", result.message, result.reason);
            return Err(Refusal::from(OrderReviewRefusal::StillOpen { findings }).into());
        }
    }
    store::keep_digest(transaction, &stored).await?;
    let (message, said) = left(transaction, &stored, "billing.invoicing.v1.order_review.approved").await?;
    facts.push(said);
    Ok((message, facts))
}

/// Says what the order left open.
pub async fn adjust(
    transaction: &mut PgConnection,
    call: &Call,
    request: &pb::AdjustOrderReviewRequest,
) -> Result<(pb::OrderReview, Vec<Fact>), Failure> {
    let stored = locked(transaction, call, &request.name, &request.etag).await?;
    order::must_wait(&stored.review).or_refuse()?;
    let adjusted = wire::adjusted(wire::order_of(&stored.content)?, request).or_refuse()?;
    crate::wire::order::parse(&adjusted, &stored.source_system)?;
    let content = prost::Message::encode_to_vec(&adjusted);
    store::adjust(transaction, &stored, &content, &call.caller.person).await?;
    let (message, said) = left(transaction, &stored, "billing.invoicing.v1.order_review.adjusted").await?;
    Ok((message, vec![said]))
}

/// Does not take the order.
pub async fn reject(
    transaction: &mut PgConnection,
    call: &Call,
    request: &pb::RejectOrderReviewRequest,
) -> Result<(pb::OrderReview, Vec<Fact>), Failure> {
    let stored = locked(transaction, call, &request.name, &request.etag).await?;
    order::must_wait(&stored.review).or_refuse()?;
    let decided =
        Decided { state: ReviewState::Rejected, by: &call.caller.person, at: call.at, note: &request.note };
    store::decide(transaction, &stored, decided).await?;
    let (message, said) = left(transaction, &stored, "billing.invoicing.v1.order_review.rejected").await?;
    Ok((message, vec![said]))
}
