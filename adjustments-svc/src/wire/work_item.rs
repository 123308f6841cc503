//! Work items: which of them somebody asks for, and what waits as one.

use billing_proto::billing::adjustments::v1 as pb;
use jiff::{SignedDuration, Timestamp};
use refusal::{Refusal, Violations};

use super::text;

/// How old an item can be asked to be, in days.
const AGE_DAYS_MAX: i32 = 3_650;

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `None`: all.
    pub kinds: Option<Vec<String>>,
    /// Waiting since then or longer.
    pub since: Option<Timestamp>,
    /// Due then or before.
    pub due: Option<Timestamp>,
}

/// Reads what somebody asks for now.
pub fn asked(message: &pb::ListWorkItemsRequest, now: Timestamp) -> Result<Asked, Refusal> {
    let mut v = Violations::new();
    let mut kinds = Vec::new();
    for (place, kind) in message.kinds.iter().enumerate() {
        let kind: Option<pb::WorkItemKind> = text::choice(&mut v, &format!("kinds[{place}]"), *kind);
        let name = kind.and_then(|kind| kind.as_str_name().strip_prefix("WORK_ITEM_KIND_"));
        kinds.extend(name.map(str::to_owned));
    }
    let days = message.min_age_days;
    if !(0..=AGE_DAYS_MAX).contains(&days) {
        v.add("min_age_days", format!("must be from 0 to {AGE_DAYS_MAX}"));
    }
    v.check()?;
    let ago = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).ok();
    Ok(Asked {
        kinds: Some(kinds).filter(|kinds| !kinds.is_empty()),
        since: ago.filter(|_| days > 0),
        due: message.late.then_some(now),
    })
}

/// A dispute as something that waits.
pub fn of_dispute(dispute: pb::Dispute) -> pb::WorkItem {
    let state = dispute.state().as_str_name().trim_start_matches("DISPUTE_STATE_").to_owned();
    pb::WorkItem {
        kind: pb::WorkItemKind::Dispute.into(),
        waits_for_customer: dispute.wait_time.is_some(),
        state,
        summary: format!("{}: {}", dispute.invoice_number, dispute.description),
        account: account(&dispute.name),
        name: dispute.name,
        billing_entity: dispute.billing_entity,
        territory: dispute.territory,
        amount: dispute.amount,
        owner: dispute.owner,
        create_time: dispute.open_time,
        due_time: dispute.due_time,
        escalated: dispute.escalate_time.is_some(),
    }
}

/// A case as something that waits.
pub fn of_case(case: pb::Case) -> pb::WorkItem {
    let state = case.state().as_str_name().trim_start_matches("CASE_STATE_").to_owned();
    pb::WorkItem {
        kind: pb::WorkItemKind::Case.into(),
        waits_for_customer: case.wait_time.is_some(),
        state,
        summary: case.subject,
        account: account(&case.name),
        name: case.name,
        billing_entity: case.billing_entity,
        territory: case.territory,
        amount: case.promised_amount,
        owner: case.owner,
        create_time: case.open_time,
        due_time: case.due_time,
        escalated: case.escalate_time.is_some(),
    }
}

/// The account of what is below it.
fn account(name: &str) -> String {
    name.split('/').take(2).collect::<Vec<_>>().join("/")
}
