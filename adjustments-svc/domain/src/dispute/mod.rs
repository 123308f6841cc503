//! What a customer does not want to pay, and why: worked by somebody, on a clock, until it is settled or rejected.
//!
//! DSP-1: on no document is more disputed than is open. DSP-2: a dispute ends by an act of a person, never by time. DSP-3: a
//! note settles one dispute once.

mod open;
mod refusal;
mod settle;
#[cfg(test)]
mod tests;
mod work;

pub use open::{Claim, Document, change_amount, open, reopen, within};
pub use refusal::DisputeRefusal;
pub use settle::{Note, Settlement, close, propose, resolve};
pub use work::{Triage, assign, await_customer, escalate, hear, investigate, triage};

use ids::{AccountId, DisputeId, EntityId, InvoiceId, Revision};
use jiff::Timestamp;
use money::Money;

use crate::{act::Act, root_cause::RootCause, service_clock::ServiceClock, spelled::spelled};

spelled! {
    /// Why the customer does not want to pay, in their own words. Why it came to that is the root cause.
    pub enum Reason {
        Rate "RATE",
        /// A third party has counted something else.
        Quantity3p "QUANTITY_3P",
        /// Invalid traffic.
        Ivt "IVT",
        WrongPo "WRONG_PO",
        WrongBillTo "WRONG_BILL_TO",
        Duplicate "DUPLICATE",
        Tax "TAX",
        LateInvoice "LATE_INVOICE",
        NotDelivered "NOT_DELIVERED",
        Viewability "VIEWABILITY",
        Creative "CREATIVE",
        Cancelled "CANCELLED",
        Other "OTHER",
    }
}

spelled! {
    /// Who was right.
    pub enum Outcome {
        /// The customer, in all of it.
        Upheld "UPHELD",
        Partly "PARTLY",
        /// The document.
        Rejected "REJECTED",
    }
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    pub id: DisputeId,
    pub revision: Revision,
    pub account: AccountId,
    pub entity: EntityId,
    /// The account's when it was opened; empty: none.
    pub territory: String,
    pub invoice: InvoiceId,
    /// The document's number, as people know it.
    pub number: String,
    /// What of the document the customer does not want to pay, tax included.
    pub amount: Money,
    /// The lines that it is about; none: the document as such.
    pub lines: Vec<i32>,
    pub reason: Reason,
    /// What the customer says.
    pub words: String,
    /// Whom to ask there.
    pub contact: String,
    /// Why it came to that, once somebody knows.
    pub cause: Option<RootCause>,
    pub opened: Act,
    pub clock: ServiceClock,
    pub state: State,
}

/// Where a dispute stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has looked at it.
    Opened,
    /// Somebody's.
    Owned { owner: String, stage: Stage },
}

/// How far its owner is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    Triaged,
    Investigating,
    /// The clock stands still since then.
    AwaitingCustomer {
        since: Timestamp,
    },
    Proposed(Proposal),
    Resolved(Resolution),
    Closed {
        resolution: Resolution,
        closed: Act,
    },
    /// The customer does not take it.
    Reopened,
}

/// How its owner would settle it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub outcome: Outcome,
    /// The resource names of the adjustments or notes that would.
    pub settled_by: Vec<String>,
    pub words: String,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    pub outcome: Outcome,
    /// The totals of the notes.
    pub settled: Money,
    /// The resource names of the adjustments or notes that settle it.
    pub settled_by: Vec<String>,
    /// What the customer is told.
    pub words: String,
    pub act: Act,
}

impl State {
    /// The state's name, as contract, database and messages write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Opened => "OPENED",
            Self::Owned { stage, .. } => match stage {
                Stage::Triaged => "TRIAGED",
                Stage::Investigating => "INVESTIGATING",
                Stage::AwaitingCustomer { .. } => "AWAITING_CUSTOMER",
                Stage::Proposed(_) => "PROPOSED",
                Stage::Resolved(_) => "RESOLVED",
                Stage::Closed { .. } => "CLOSED",
                Stage::Reopened => "REOPENED",
            },
        }
    }

    /// Whose it is.
    pub fn owner(&self) -> Option<&str> {
        match self {
            Self::Opened => None,
            Self::Owned { owner, .. } => Some(owner),
        }
    }

    /// How it ended.
    pub fn resolution(&self) -> Option<&Resolution> {
        match self {
            Self::Opened => None,
            Self::Owned { stage, .. } => match stage {
                Stage::Resolved(resolution) | Stage::Closed { resolution, .. } => Some(resolution),
                Stage::Triaged
                | Stage::Investigating
                | Stage::AwaitingCustomer { .. }
                | Stage::Proposed(_)
                | Stage::Reopened => None,
            },
        }
    }
}

impl Dispute {
    /// What of the document is disputed by it now.
    pub fn disputed(&self) -> Money {
        match self.state.resolution() {
            Some(_) => Money::zero(self.amount.currency()),
            None => self.amount,
        }
    }

    /// The dispute at another stage of the same owner.
    fn staged(&self, owner: &str, stage: Stage) -> Self {
        Self { state: State::Owned { owner: owner.to_owned(), stage }, ..self.clone() }
    }

    fn needs(&self, needed: &str) -> DisputeRefusal {
        DisputeRefusal::WrongState {
            dispute: self.id.to_string(),
            state: self.state.name().to_owned(),
            needed: needed.to_owned(),
        }
    }
}
