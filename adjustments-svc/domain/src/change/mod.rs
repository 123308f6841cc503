//! A change of what money follows: proposed by one, approved by others, and made by the service that keeps it, once.

mod refusal;
#[cfg(test)]
mod tests;

pub use refusal::ChangeRefusal;

use ids::{AccountId, ApprovalId, ChangeId, EntityId, Revision};
use jiff::Timestamp;

use crate::{
    act::Act,
    adjustment::Ending,
    approval::{self, Verdict},
    content_digest::ContentDigest,
    subject::{Digest, SubjectKind},
};

/// What is to be changed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub kind: SubjectKind,
    /// The method that makes it, as its calls name it.
    pub method: String,
    /// The request as the method takes it, encoded.
    pub request: Vec<u8>,
    /// What is changed, by its resource name; empty where it makes something new.
    pub resource: String,
    /// What the resource belongs to.
    pub entity: Option<EntityId>,
    pub account: Option<AccountId>,
    pub reason: String,
}

/// A change that somebody proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: ChangeId,
    pub revision: Revision,
    pub wanted: Wanted,
    pub made: Act,
    /// The request by which it is approved.
    pub approval: ApprovalId,
    pub state: State,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Submitted,
    Approved,
    Executed {
        at: Timestamp,
    },
    /// Without changing anything. It is proposed anew, not mended.
    Ended(Ending),
}

impl State {
    /// The state's name, as contract and database write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Submitted => "SUBMITTED",
            Self::Approved => "APPROVED",
            Self::Executed { .. } => "EXECUTED",
            Self::Ended(how) => how.name(),
        }
    }
}

impl Wanted {
    /// What exactly would be approved.
    pub fn digest(&self) -> Digest {
        let mut digest = ContentDigest::of("change/1");
        digest.text(&self.method);
        digest.text(&self.request);
        digest.text(&self.reason);
        digest.finish()
    }
}

/// A change is proposed, by a request for approval.
pub fn submit(
    id: ChangeId,
    wanted: Wanted,
    made: Act,
    (approval, answer): (ApprovalId, &approval::State),
) -> Change {
    let state = State::Submitted;
    settled(&Change { id, revision: Revision::FIRST, wanted, made, approval, state }, answer)
}

/// Follows its request for approval. What has ended or is executed stays as it is; what was approved can still become void.
pub fn settled(change: &Change, request: &approval::State) -> Change {
    let (State::Submitted | State::Approved) = change.state else { return change.clone() };
    let state = match request.verdict() {
        Verdict::Pending => change.state.clone(),
        Verdict::Granted => State::Approved,
        Verdict::Ended(how) => State::Ended(how),
    };
    Change { state, ..change.clone() }
}

/// It was made. What is not approved stays as it is.
pub fn executed(change: &Change, at: Timestamp) -> Change {
    from_approved(change, State::Executed { at })
}

/// Its method has refused it. What is not approved stays as it is.
pub fn void(change: &Change) -> Change {
    from_approved(change, State::Ended(Ending::Voided))
}

fn from_approved(change: &Change, next: State) -> Change {
    match change.state {
        State::Approved => Change { state: next, ..change.clone() },
        State::Submitted | State::Executed { .. } | State::Ended(_) => change.clone(),
    }
}
