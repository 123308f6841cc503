//! BillingRun ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use invoicing_domain::billing_run::{Approval, BillingRun, FailedIn, Issue, Root, State};

use super::{
    name,
    period::{day_message, time_message},
};

/// The run as a message, without progress and totals.
pub fn message(run: &BillingRun) -> pb::BillingRun {
    let mut message = pb::BillingRun {
        name: name::run_name(run.id),
        etag: run.revision.to_string(),
        billing_entity: name::entity_name(run.entity),
        month: run.month.to_string(),
        accounts: run.accounts.iter().copied().map(name::account_name).collect(),
        state: state(&run.state).into(),
        data_as_of: Some(time_message(run.data_as_of)),
        started_by: run.started.by.clone(),
        preview: run.preview,
        start_time: Some(time_message(run.started.at)),
        ..pb::BillingRun::default()
    };
    match &run.state {
        State::Created | State::Rating(None) | State::Cancelled => {}
        State::Rating(Some(approval)) => approved(&mut message, approval),
        State::InReview { root } => message.drafts_root = hexadecimal(root),
        State::Approved(approval) => approved(&mut message, approval),
        State::Issuing(issue) => issuing(&mut message, issue),
        State::Issued { issue, at } => {
            issuing(&mut message, issue);
            message.issue_time = Some(time_message(*at));
        }
        State::Failed { from, why } => {
            message.failure = why.clone();
            match from {
                FailedIn::Rating => {}
                FailedIn::Issuing(issue) => issuing(&mut message, issue),
            }
        }
    }
    message
}

fn approved(message: &mut pb::BillingRun, approval: &Approval) {
    message.approved_by = approval.act.by.clone();
    message.approval = approval.request.clone().unwrap_or_default();
    message.approve_time = Some(time_message(approval.act.at));
    message.drafts_root = hexadecimal(&approval.root);
}

fn issuing(message: &mut pb::BillingRun, issue: &Issue) {
    approved(message, &issue.approval);
    message.issue_date = Some(day_message(issue.date));
}

fn state(state: &State) -> pb::BillingRunState {
    match state {
        State::Created => pb::BillingRunState::Created,
        State::Rating(_) => pb::BillingRunState::Rating,
        State::InReview { .. } => pb::BillingRunState::InReview,
        State::Approved(_) => pb::BillingRunState::Approved,
        State::Issuing(_) => pb::BillingRunState::Issuing,
        State::Issued { .. } => pb::BillingRunState::Issued,
        State::Cancelled => pb::BillingRunState::Cancelled,
        State::Failed { .. } => pb::BillingRunState::Failed,
    }
}

/// Bytes as lowercase hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A root of 64 hexadecimal digits; empty is none.
pub fn root(v: &mut refusal::Violations, field: &str, value: &str) -> Option<Option<Root>> {
    if value.is_empty() {
        return Some(None);
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|nibble| u8::try_from(nibble).ok());
    let bytes: Option<Vec<u8>> = value
        .as_bytes()
        .chunks(2)
        .map(|pair| Some(nibble(*pair.first()?)? << 4 | nibble(*pair.get(1)?)?))
        .collect();
    let root = bytes.and_then(|bytes| Root::try_from(bytes).ok());
    v.take(field, root.ok_or("must be 64 hexadecimal digits, as the run shows them")).map(Some)
}
