use calendar::Holidays;
use jiff::Timestamp;

use super::{Dispute, DisputeRefusal, Stage, State};
use crate::{act::Act, directory::Directory, root_cause::RootCause, service_clock::ServiceClock};

/// Who has looked at a dispute says whose it is, and until when it is to be settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triage {
    pub owner: String,
    /// Where it can be seen already.
    pub cause: Option<RootCause>,
    pub business_days: u32,
}

/// Somebody has looked at it.
///
/// Order of refusal: DISPUTE_STATE.
pub fn triage(
    dispute: &Dispute,
    triage: Triage,
    (act, holidays): (&Act, &Holidays),
) -> Result<Dispute, DisputeRefusal> {
    match &dispute.state {
        State::Opened | State::Owned { stage: Stage::Reopened, .. } => {}
        State::Owned { .. } => return Err(dispute.needs("OPENED or REOPENED")),
    }
    let clock = ServiceClock::start(act.at, triage.business_days, holidays);
    let cause = triage.cause.or(dispute.cause);
    Ok(Dispute { cause, clock, ..dispute.staged(&triage.owner, Stage::Triaged) })
}

/// Gives it to somebody else.
///
/// Order of refusal: DISPUTE_STATE.
pub fn assign(dispute: &Dispute, owner: &str) -> Result<Dispute, DisputeRefusal> {
    match &dispute.state {
        State::Owned { stage, .. } if dispute.state.resolution().is_none() => {
            Ok(dispute.staged(owner, stage.clone()))
        }
        State::Opened | State::Owned { .. } => {
            Err(dispute.needs("a dispute that is triaged and not settled"))
        }
    }
}

/// Its owner works on it, or does so again: what the customer was asked is answered, or what was proposed does not come to
/// pass.
///
/// Order of refusal: DISPUTE_STATE.
pub fn investigate(
    dispute: &Dispute,
    now: Timestamp,
    holidays: &Holidays,
) -> Result<Dispute, DisputeRefusal> {
    match &dispute.state {
        State::Owned { owner, stage: Stage::AwaitingCustomer { since } } => {
            let clock = dispute.clock.resume(*since, now, holidays);
            Ok(Dispute { clock, ..dispute.staged(owner, Stage::Investigating) })
        }
        State::Owned { owner, stage: Stage::Triaged | Stage::Proposed(_) | Stage::Reopened } => {
            Ok(dispute.staged(owner, Stage::Investigating))
        }
        State::Opened
        | State::Owned { stage: Stage::Investigating | Stage::Resolved(_) | Stage::Closed { .. }, .. } => {
            Err(dispute.needs("TRIAGED, AWAITING_CUSTOMER, PROPOSED or REOPENED"))
        }
    }
}

/// The customer was asked something: the clock stands still.
///
/// Order of refusal: DISPUTE_STATE.
pub fn await_customer(dispute: &Dispute, now: Timestamp) -> Result<Dispute, DisputeRefusal> {
    match &dispute.state {
        State::Owned { owner, stage: Stage::Triaged | Stage::Investigating | Stage::Reopened } => {
            Ok(dispute.staged(owner, Stage::AwaitingCustomer { since: now }))
        }
        State::Opened
        | State::Owned {
            stage:
                Stage::AwaitingCustomer { .. } | Stage::Proposed(_) | Stage::Resolved(_) | Stage::Closed { .. },
            ..
        } => Err(dispute.needs("TRIAGED, INVESTIGATING or REOPENED")),
    }
}

/// Somebody writes. When the customer, who was asked, has answered, the clock runs again.
///
/// Order of refusal: DISPUTE_STATE.
pub fn hear(
    dispute: &Dispute,
    is_from_customer: bool,
    (now, holidays): (Timestamp, &Holidays),
) -> Result<Dispute, DisputeRefusal> {
    match &dispute.state {
        State::Owned { stage: Stage::AwaitingCustomer { .. }, .. } if is_from_customer => {
            investigate(dispute, now, holidays)
        }
        State::Owned { stage: Stage::Closed { .. }, .. } => {
            Err(dispute.needs("a dispute that is not closed; reopen it"))
        }
        State::Opened | State::Owned { .. } => Ok(dispute.clone()),
    }
}

/// What has become of it by waiting: its owner's manager is told. `None`: nothing.
pub fn escalate(dispute: &Dispute, directory: &Directory, now: Timestamp) -> Option<Dispute> {
    match &dispute.state {
        State::Owned {
            stage: Stage::AwaitingCustomer { .. } | Stage::Resolved(_) | Stage::Closed { .. },
            ..
        } => None,
        State::Opened
        | State::Owned {
            stage: Stage::Triaged | Stage::Investigating | Stage::Proposed(_) | Stage::Reopened,
            ..
        } => {
            let clock = dispute.clock.escalate(dispute.state.owner(), directory, now)?;
            Some(Dispute { clock, ..dispute.clone() })
        }
    }
}
