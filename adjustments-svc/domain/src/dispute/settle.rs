use money::Money;

use super::{Dispute, DisputeRefusal, Outcome, Proposal, Resolution, Stage, State};
use crate::{act::Act, root_cause::RootCause};

/// A credit note of the disputed document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Of the adjustment that it comes from, or its own.
    pub name: String,
    /// Tax included, above zero.
    pub total: Money,
}

/// How it is to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub outcome: Outcome,
    pub notes: Vec<Note>,
    pub cause: Option<RootCause>,
    pub words: String,
}

/// Its owner says how they would settle it.
///
/// Order of refusal: DISPUTE_STATE.
pub fn propose(dispute: &Dispute, proposal: Proposal) -> Result<Dispute, DisputeRefusal> {
    let owner = workable(dispute)?;
    Ok(dispute.staged(owner, Stage::Proposed(proposal)))
}

/// It ends: with notes that were issued, or without.
///
/// Order of refusal: DISPUTE_STATE, OUTCOME_DOES_NOT_FIT, ROOT_CAUSE_MISSING.
pub fn resolve(dispute: &Dispute, settlement: Settlement, act: Act) -> Result<Dispute, DisputeRefusal> {
    let owner = workable(dispute)?;
    let Settlement { outcome, notes, cause, words } = settlement;
    let settled = Money::sum(dispute.amount.currency(), notes.iter().map(|note| note.total))?;
    let is_all = settled.compare(dispute.amount)?.is_ge();
    let fits = match outcome {
        Outcome::Upheld => is_all,
        Outcome::Partly => settled.is_positive() && !is_all,
        Outcome::Rejected => notes.is_empty(),
    };
    if !fits {
        let (outcome, settled) = (outcome.to_string(), settled.to_string());
        return Err(DisputeRefusal::Outcome { outcome, settled, amount: dispute.amount.to_string() });
    }
    let cause = cause.or(dispute.cause);
    if cause.is_none() && outcome != Outcome::Rejected {
        return Err(DisputeRefusal::CauseMissing { dispute: dispute.id.to_string() });
    }
    let settled_by = notes.into_iter().map(|note| note.name).collect();
    let resolution = Resolution { outcome, settled, settled_by, words, act };
    Ok(Dispute { cause, ..dispute.staged(owner, Stage::Resolved(resolution)) })
}

/// The customer was told, and there is nothing more to do.
///
/// Order of refusal: DISPUTE_STATE.
pub fn close(dispute: &Dispute, closed: Act) -> Result<Dispute, DisputeRefusal> {
    match &dispute.state {
        State::Owned { owner, stage: Stage::Resolved(resolution) } => {
            Ok(dispute.staged(owner, Stage::Closed { resolution: resolution.clone(), closed }))
        }
        State::Opened | State::Owned { .. } => Err(dispute.needs("RESOLVED")),
    }
}

/// The owner of what is being worked on.
fn workable(dispute: &Dispute) -> Result<&str, DisputeRefusal> {
    match &dispute.state {
        State::Owned {
            owner,
            stage: Stage::Triaged | Stage::Investigating | Stage::Proposed(_) | Stage::Reopened,
        } => Ok(owner),
        State::Opened
        | State::Owned {
            stage: Stage::AwaitingCustomer { .. } | Stage::Resolved(_) | Stage::Closed { .. },
            ..
        } => Err(dispute.needs("TRIAGED, INVESTIGATING, PROPOSED or REOPENED")),
    }
}
