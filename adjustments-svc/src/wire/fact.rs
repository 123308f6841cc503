//! What is said on the feed.

use adjustments_domain::{
    adjustment::{Adjustment, Ending, State},
    approval::{Event, Request},
    change::{self, Change},
    customer_case::Case,
    dispute::Dispute,
    refund::{self, RefundRequest},
};
use billing_proto::billing::adjustments::v1 as pb;
use outbox::Fact;

use super::{
    adjustment as wire_adjustment, approval, change as wire_change, customer_case, dispute as wire_dispute,
    refund as wire_refund,
};

/// What has happened to a request, with the request as it is now.
pub fn approval(event: &Event, request: &Request) -> Fact {
    said(kind(event), request)
}

/// A request has been submitted, or was approved by the policy at once.
pub fn submitted(request: &Request) -> Fact {
    let kind = if request.plan.is_automatic() {
        "billing.adjustments.v1.approval.approved_by_policy"
    } else {
        "billing.adjustments.v1.approval.submitted"
    };
    said(kind, request)
}

fn said(kind: &'static str, request: &Request) -> Fact {
    let message = approval::message(request);
    let fact = Fact::new(kind, &message.name, "billing.adjustments.v1.Approval", &message);
    let fact = request.subject.entity.map_or(fact.clone(), |entity| fact.of_entity(entity));
    match request.subject.account {
        Some(account) => fact.of_account(account),
        None => fact,
    }
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::Decided(_) => "billing.adjustments.v1.approval.decided",
        Event::Approved { .. } => "billing.adjustments.v1.approval.approved",
        Event::Rejected => "billing.adjustments.v1.approval.rejected",
        Event::Returned => "billing.adjustments.v1.approval.returned",
        Event::Withdrawn(_) => "billing.adjustments.v1.approval.withdrawn",
        Event::Reminded => "billing.adjustments.v1.approval.reminded",
        Event::Escalated => "billing.adjustments.v1.approval.escalated",
        Event::Expired { .. } => "billing.adjustments.v1.approval.expired",
        Event::Voided { .. } => "billing.adjustments.v1.approval.voided",
        Event::GlassBroken { .. } => "billing.adjustments.v1.approval.passed_in_emergency",
        Event::Ratified(_) => "billing.adjustments.v1.approval.ratified",
        Event::Violated { .. } => "billing.adjustments.v1.approval.violated",
        Event::Executed => "billing.adjustments.v1.approval.executed",
    }
}

/// Something was done to an adjustment.
pub fn adjustment(kind: &'static str, adjustment: &Adjustment) -> Fact {
    let message = wire_adjustment::message(adjustment, "");
    Fact::new(kind, &message.name, "billing.adjustments.v1.Adjustment", &message)
        .of_entity(adjustment.entity)
        .of_account(adjustment.account)
}

/// An adjustment has come to where it stands now.
pub fn settled(adjustment: &Adjustment) -> Fact {
    let kind = match &adjustment.state {
        State::Draft => "billing.adjustments.v1.adjustment.updated",
        State::Submitted { .. } => "billing.adjustments.v1.adjustment.submitted",
        State::Approved { .. } => "billing.adjustments.v1.adjustment.approved",
        State::Executed { .. } => "billing.adjustments.v1.adjustment.executed",
        State::Ended { how: Ending::Rejected, .. } => "billing.adjustments.v1.adjustment.rejected",
        State::Ended { how: Ending::Returned, .. } => "billing.adjustments.v1.adjustment.returned",
        State::Ended { how: Ending::Withdrawn, .. } => "billing.adjustments.v1.adjustment.withdrawn",
        State::Ended { how: Ending::Expired, .. } => "billing.adjustments.v1.adjustment.expired",
        State::Ended { how: Ending::Voided, .. } => "billing.adjustments.v1.adjustment.voided",
    };
    self::adjustment(kind, adjustment)
}

/// Something has happened to a case.
pub fn case(kind: &'static str, case: &Case) -> Fact {
    let message = customer_case::message(case);
    let fact = Fact::new(kind, &message.name, "billing.adjustments.v1.Case", &message);
    let fact = fact.of_account(case.account);
    match case.document {
        Some(document) => fact.of_entity(document.entity),
        None => fact,
    }
}

/// Something has happened to a dispute.
pub fn dispute(kind: &'static str, dispute: &Dispute) -> Fact {
    let message = wire_dispute::message(dispute, wire_dispute::Shown::default());
    Fact::new(kind, &message.name, "billing.adjustments.v1.Dispute", &message)
        .of_entity(dispute.entity)
        .of_account(dispute.account)
}

/// A refund has come to where it stands now.
pub fn refund(refund: &RefundRequest) -> Fact {
    let kind = match &refund.state {
        refund::State::Submitted => "billing.adjustments.v1.refund_request.submitted",
        refund::State::Approved => "billing.adjustments.v1.refund_request.approved",
        refund::State::Executed { .. } => "billing.adjustments.v1.refund_request.executed",
        refund::State::Ended(Ending::Rejected) => "billing.adjustments.v1.refund_request.rejected",
        refund::State::Ended(Ending::Returned) => "billing.adjustments.v1.refund_request.returned",
        refund::State::Ended(Ending::Withdrawn) => "billing.adjustments.v1.refund_request.withdrawn",
        refund::State::Ended(Ending::Expired) => "billing.adjustments.v1.refund_request.expired",
        refund::State::Ended(Ending::Voided) => "billing.adjustments.v1.refund_request.voided",
    };
    let message = wire_refund::message(refund, "");
    Fact::new(kind, &message.name, "billing.adjustments.v1.RefundRequest", &message)
        .of_entity(refund.wanted.entity)
        .of_account(refund.wanted.account)
}

/// A proposed change has come to where it stands now.
pub fn change(change: &Change) -> Result<Fact, anyhow::Error> {
    let kind = match &change.state {
        change::State::Submitted => "billing.adjustments.v1.change.submitted",
        change::State::Approved => "billing.adjustments.v1.change.approved",
        change::State::Executed { .. } => "billing.adjustments.v1.change.executed",
        change::State::Ended(Ending::Rejected) => "billing.adjustments.v1.change.rejected",
        change::State::Ended(Ending::Returned) => "billing.adjustments.v1.change.returned",
        change::State::Ended(Ending::Withdrawn) => "billing.adjustments.v1.change.withdrawn",
        change::State::Ended(Ending::Expired) => "billing.adjustments.v1.change.expired",
        change::State::Ended(Ending::Voided) => "billing.adjustments.v1.change.voided",
    };
    let message = wire_change::message(change, "")?;
    let fact = Fact::new(kind, &message.name, "billing.adjustments.v1.Change", &message);
    let fact = change.wanted.entity.map_or(fact.clone(), |entity| fact.of_entity(entity));
    Ok(match change.wanted.account {
        Some(account) => fact.of_account(account),
        None => fact,
    })
}

/// A version of the policy was uploaded.
pub fn policy(policy: &pb::Policy) -> Fact {
    let kind = "billing.adjustments.v1.policy.uploaded";
    Fact::new(kind, &policy.name, "billing.adjustments.v1.Policy", policy)
}

/// An entry of the directory has changed.
pub fn person(person: &pb::Person) -> Fact {
    let kind = "billing.adjustments.v1.person.updated";
    Fact::new(kind, &person.name, "billing.adjustments.v1.Person", person)
}

/// An improvement was opened, or has changed.
pub fn improvement(kind: &'static str, improvement: &pb::Improvement) -> Fact {
    Fact::new(kind, &improvement.name, "billing.adjustments.v1.Improvement", improvement)
}

/// A subscription was made, or has ended.
pub fn subscription(kind: &'static str, subscription: &pb::Subscription) -> Fact {
    Fact::new(kind, &subscription.name, "billing.adjustments.v1.Subscription", subscription)
}

/// A delegation was made, accepted or revoked.
pub fn delegation(kind: &'static str, delegation: &pb::Delegation) -> Fact {
    Fact::new(kind, &delegation.name, "billing.adjustments.v1.Delegation", delegation)
}
