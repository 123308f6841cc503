//! Requests for approval, each on its way through the plan that was made when it was submitted.
//!
//! APR-1: no request is approved by anybody who made, edited, requested or gave evidence for its subject, nor for them,
//! nor by who reports to them or did when it was submitted, nor by whose reporting line one of them was the last to say.
//! APR-2: one person counts once. APR-3: a decision binds itself to what was seen; another content is another request.
//! APR-4: waiting approves nothing. None of these is a setting.

mod break_glass;
mod decide;
mod delegation;
mod end;
mod evolve;
mod refusal;
mod standing;
mod submit;
#[cfg(test)]
mod tests;
mod wait;

pub use break_glass::{Glass, break_glass, ratify};
pub use decide::{Ballot, Choice, decide};
pub use delegation::{Delegation, DelegationRefusal, DelegationState, accept, propose, revoke};
pub use end::{Verdict, executed, subject_changed, withdraw};
pub use evolve::evolve;
pub use refusal::RequestRefusal;
pub use standing::{Approver, Exclusion, Facts, Seat, Standing, may_decide, standing};
pub use submit::{Submission, submit};
pub use wait::{Deadlines, deadlines, tick};

use ids::{ApprovalId, Revision};
use jiff::Timestamp;

use crate::{
    act::Act,
    policy::{Input, Measure, Need, Plan, minor_units},
    role::Role,
    spelled::spelled,
    subject::{Cause, Digest, Subject, SubjectKind},
};

/// A request for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub id: ApprovalId,
    pub revision: Revision,
    pub subject: Subject,
    /// Who has a part in the subject, and so none in its approval.
    pub involved: Vec<Involved>,
    /// Who reported to them when it was submitted: as long as it waits, no change of the directory gives these a say.
    pub reporting: Vec<Reporting>,
    /// Nothing where no money moves.
    pub measure: Option<Measure>,
    pub circumstances: Circumstances,
    /// The version of the policy that made the plan. Later versions do not change it.
    pub policy_version: u32,
    pub plan: Plan,
    pub submitted: Act,
    pub deadlines: Deadlines,
    pub reminded: bool,
    /// From then on the role above may stand in for who is asked.
    pub escalated: bool,
    pub decisions: Vec<Decision>,
    /// The request that this one takes the place of.
    pub replaces: Option<ApprovalId>,
    pub state: State,
}

/// What else the policy was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// The code of the billing entity; empty where there is none.
    pub entity: String,
    /// The amount as a share of its invoice, in hundredths of a percent.
    pub share: u128,
    /// How old the invoice is.
    pub age_days: u128,
}

spelled! {
    /// What somebody has to do with a subject.
    pub enum Part {
        Maker "MAKER",
        Editor "EDITOR",
        Requester "REQUESTER",
        EvidenceGiver "EVIDENCE_GIVER",
        Beneficiary "BENEFICIARY",
        /// Has lately changed the account that the money goes to.
        AccountEditor "ACCOUNT_EDITOR",
    }
}

/// Somebody with a part in the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Involved {
    pub account: String,
    pub part: Part,
}

/// Somebody who reported to somebody with a part in the subject, directly or through others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporting {
    pub account: String,
    pub to: Involved,
}

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Pending,
    Approved(Grant),
    Executed(Grant),
    /// The decision is the last one.
    Rejected,
    /// Sent back to be mended; the decision is the last one.
    Returned,
    Withdrawn(Act),
    Expired {
        at: Timestamp,
    },
    /// The subject is not what was asked about any more.
    Voided {
        at: Timestamp,
        why: String,
    },
    /// Passed in an emergency, and to be looked at by then.
    PostReviewDue {
        glass: BrokenGlass,
        due: Timestamp,
    },
    Ratified {
        glass: BrokenGlass,
        review: Act,
    },
    Violation {
        glass: BrokenGlass,
        at: Timestamp,
    },
}

/// What approved a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The policy, by these rows: labelled as the system's.
    Automatic { at: Timestamp },
    /// The people whose decisions the request carries; the last one was made then.
    ByPeople { at: Timestamp },
}

/// Who let something pass without its approvers, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenGlass {
    pub act: Act,
    /// Counts once.
    pub incident: String,
    pub reason: String,
}

/// What a person decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub act: Act,
    /// Whose account that is.
    pub person: String,
    pub choice: Choice,
    /// Where in the plan it counts.
    pub step: usize,
    /// For whom the plan asked.
    pub role: Role,
    /// Whose authority it was; `None`: their own.
    pub on_behalf_of: Option<String>,
    pub comment: String,
    /// What was seen: the subject's digest.
    pub digest: Digest,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Decided(Decision),
    Approved { at: Timestamp },
    Rejected,
    Returned,
    Withdrawn(Act),
    Reminded,
    Escalated,
    Expired { at: Timestamp },
    Voided { at: Timestamp, why: String },
    GlassBroken { glass: BrokenGlass, due: Timestamp },
    Ratified(Act),
    Violated { at: Timestamp },
    Executed,
}

impl State {
    /// The state's name, as contract, database and messages write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Approved(_) => "APPROVED",
            Self::Executed(_) => "EXECUTED",
            Self::Rejected => "REJECTED",
            Self::Returned => "RETURNED",
            Self::Withdrawn(_) => "WITHDRAWN",
            Self::Expired { .. } => "EXPIRED",
            Self::Voided { .. } => "VOIDED",
            Self::PostReviewDue { .. } => "POST_REVIEW_DUE",
            Self::Ratified { .. } => "RATIFIED",
            Self::Violation { .. } => "VIOLATION",
        }
    }
}

impl Circumstances {
    /// The question about a subject of this kind to a policy.
    pub fn input(&self, kind: SubjectKind, cause: Option<Cause>, measure: Option<&Measure>) -> Input {
        let amount = measure.map_or(0, |measure| minor_units(measure.amount()));
        Input { kind, cause, entity: self.entity.clone(), amount, share: self.share, age_days: self.age_days }
    }
}

impl Request {
    /// What the policy was asked, so that another one can be asked the same.
    pub fn input(&self) -> Input {
        self.circumstances.input(self.subject.kind, self.subject.cause, self.measure.as_ref())
    }

    /// The step that is asked now, with what it still lacks; `None` once nothing is lacking.
    pub fn open_step(&self) -> Option<(usize, Vec<Need>)> {
        let lacking = |step: usize, needs: &Vec<Need>| -> Vec<Need> {
            let rest = needs.iter().map(|need| Need {
                quorum: need.quorum.saturating_sub(self.approvals(step, need.role)),
                ..*need
            });
            rest.filter(|need| need.quorum > 0).collect()
        };
        let steps = self.plan.steps.iter().enumerate().map(|(step, needs)| (step, lacking(step, needs)));
        steps.into_iter().find(|(_, needs)| !needs.is_empty())
    }

    fn approvals(&self, step: usize, role: Role) -> u32 {
        let counts = |decision: &&Decision| {
            decision.choice == Choice::Approve && decision.step == step && decision.role == role
        };
        u32::try_from(self.decisions.iter().filter(counts).count()).unwrap_or(u32::MAX)
    }

    fn needs(&self, needed: &str) -> RequestRefusal {
        RequestRefusal::WrongState {
            request: self.id.to_string(),
            state: self.state.name().to_owned(),
            needed: needed.to_owned(),
        }
    }
}
