//! Whom invoicing trusts with approvals.

use billing_proto::billing::access::v1::PrincipalKind;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use invoicing_domain::approval::ApprovalRefusal;

use super::Rpc;

impl Rpc {
    /// Whether the call comes from the caller that is trusted with approvals. Where one is configured, everybody else is
    /// refused; where none is, everybody with the role may go on.
    /// What is done has an approval request of its own already.
    pub(super) fn is_approved(&self, call: &Call, subject: &str) -> Result<bool, Failure> {
        let way = format!("its request is found by its subject, /v1/approvals?subject={subject}");
        self.is_approved_by(call, subject, way)
    }

    /// The same of what an adjustment does: to a document, or to what is owed for one.
    pub(super) fn is_approved_adjustment(&self, call: &Call, subject: &str) -> Result<bool, Failure> {
        let way = format!("ask for it with CreateAdjustment, POST /v1/{}/adjustments", account_of(subject));
        self.is_approved_by(call, subject, way)
    }

    /// The same of what a dispute does.
    pub(super) fn is_approved_dispute(&self, call: &Call, document: &str) -> Result<bool, Failure> {
        let way = format!("dispute it with OpenDispute, POST /v1/{}/disputes", account_of(document));
        self.is_approved_by(call, document, way)
    }

    /// The same of what changes what money follows: methods whose contract says so (`second_person`).
    pub(super) fn is_approved_change(&self, call: &Call, subject: &str) -> Result<bool, Failure> {
        let subject = if subject.is_empty() { call.method } else { subject };
        self.is_approved_by(call, subject, "propose it with ProposeChange, POST /v1/changes".to_owned())
    }

    /// The same of something that is asked for in a way of its own.
    pub(super) fn is_approved_by(&self, call: &Call, subject: &str, way: String) -> Result<bool, Failure> {
        if self.approvals.is_none() || self.is_trusted(call) {
            return Ok(self.approvals.is_some());
        }
        Err(ApprovalRefusal::Required { subject: subject.to_owned(), way }).or_refuse()
    }

    /// Whether the call comes from the caller that is trusted with approvals.
    pub(super) fn is_trusted(&self, call: &Call) -> bool {
        // A key may bear the service's name; it is of another kind.
        let is_service = call.caller.kind == PrincipalKind::Service;
        is_service && self.approvals.as_ref().is_some_and(|trusted| call.caller.person == *trusted)
    }
}

/// `accounts/acc_…`, with which the name begins of whatever belongs to an account.
fn account_of(name: &str) -> &str {
    name.match_indices('/').nth(1).map_or(name, |(end, _)| &name[..end])
}
