//! Policy ↔ domain.

use adjustments_domain::{
    policy::{Finding, Policy, Severity, lint},
    subject::hexadecimal,
};
use billing_proto::billing::adjustments::v1 as pb;
use jiff::Timestamp;

use super::{name, time};

/// A version with what is known of it besides its table.
#[derive(Clone, Debug)]
pub struct Uploaded<'a> {
    pub policy: &'a Policy,
    pub yaml: &'a str,
    pub digest: [u8; 32],
    pub by: &'a str,
    pub at: Timestamp,
    /// The name of its request; empty where it needs none.
    pub approval: String,
    pub state: pb::PolicyState,
}

/// The version as a message.
pub fn message(uploaded: &Uploaded<'_>) -> pb::Policy {
    let Uploaded { policy, yaml, digest, by, at, approval, state } = uploaded;
    pb::Policy {
        name: name::policy_name(policy.version),
        version: i32::try_from(policy.version).unwrap_or(i32::MAX),
        title: policy.name.clone(),
        yaml: (*yaml).to_owned(),
        digest: hexadecimal(digest),
        state: (*state).into(),
        effective_time: Some(time::message(policy.effective_from)),
        uploaded_by: (*by).to_owned(),
        upload_time: Some(time::message(*at)),
        approval: approval.clone(),
        warnings: lint(policy, None).iter().map(finding).collect(),
    }
}

/// Something that is wrong with a table, as a message.
pub fn finding(finding: &Finding) -> pb::PolicyFinding {
    pb::PolicyFinding {
        rule: finding.rule.to_string(),
        is_error: finding.severity() == Severity::Error,
        rows: finding.rows.clone(),
        message: finding.message.clone(),
    }
}

/// The state of a version, from that of its approval and from the time.
pub fn state((has_come, is_past): (bool, bool), approval: Option<&str>) -> pb::PolicyState {
    match approval {
        _ if has_come && is_past => pb::PolicyState::Superseded,
        _ if has_come => pb::PolicyState::Active,
        None | Some("APPROVED" | "EXECUTED") => pb::PolicyState::Scheduled,
        Some("PENDING") => pb::PolicyState::PendingApproval,
        Some(_) => pb::PolicyState::Refused,
    }
}
