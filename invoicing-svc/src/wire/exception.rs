//! BillingException ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use ids::AccountId;
use refusal::{Refusal, Violations};

use super::{choice::optional_choice, name};

/// The filters of a list; absent ones do not limit it.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    /// `OPEN`, `RESOLVED` or `OVERRIDDEN`.
    pub state: Option<&'static str>,
    /// `WARN` or `BLOCK`.
    pub severity: Option<&'static str>,
    pub reason: Option<&'a str>,
    pub account: Option<AccountId>,
}

/// The filters of a request.
pub fn parse(message: &pb::ListBillingExceptionsRequest) -> Result<Filter<'_>, Refusal> {
    let mut v = Violations::new();
    let state = optional_choice::<pb::ExceptionState>(&mut v, "state", message.state);
    let severity = optional_choice::<pb::ExceptionSeverity>(&mut v, "severity", message.severity);
    let account = Some(&message.account).filter(|account| !account.is_empty());
    let account = account.map(|account| name::account(&mut v, "account", account));
    let (Some(state), Some(severity)) = (state, severity) else { return Err(v.refusal()) };
    v.check()?;
    let state = match state {
        pb::ExceptionState::Unspecified => None,
        pb::ExceptionState::Open => Some("OPEN"),
        pb::ExceptionState::Resolved => Some("RESOLVED"),
        pb::ExceptionState::Overridden => Some("OVERRIDDEN"),
    };
    let severity = match severity {
        pb::ExceptionSeverity::Unspecified => None,
        pb::ExceptionSeverity::Warn => Some("WARN"),
        pb::ExceptionSeverity::Block => Some("BLOCK"),
    };
    let reason = Some(message.reason.as_str()).filter(|reason| !reason.is_empty());
    Ok(Filter { state, severity, reason, account: account.flatten() })
}
