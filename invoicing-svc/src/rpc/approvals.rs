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
    pub(super) fn is_approved(&self, call: &Call, subject: &str) -> Result<bool, Failure> {
        let Some(trusted) = &self.approvals else { return Ok(false) };
        // A key may bear the service's name; it is of another kind.
        if call.caller.kind == PrincipalKind::Service && call.caller.person == *trusted {
            return Ok(true);
        }
        Err(ApprovalRefusal::Required { subject: subject.to_owned() }).or_refuse()
    }
}
