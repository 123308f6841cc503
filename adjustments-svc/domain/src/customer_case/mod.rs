//! What a customer asks, wants, promises or complains of. It moves no money: what they do not want to pay is a dispute.

mod refusal;
#[cfg(test)]
mod tests;
mod work;

pub use refusal::CaseRefusal;
pub use work::{Opening, assign, await_customer, close, escalate, hear, open};

use ids::{AccountId, CaseId, EntityId, InvoiceId, Revision};
use jiff::{Timestamp, civil::Date};
use money::Money;

use crate::{act::Act, service_clock::ServiceClock, spelled::spelled};

spelled! {
    /// What a customer wants sent.
    pub enum Requested {
        Copy "COPY",
        /// The tax form of the entity.
        W9 "W9",
        /// What the document rests on.
        Backup "BACKUP",
    }
}

spelled! {
    /// How a case ended.
    pub enum Outcome {
        Answered "ANSWERED",
        /// A promise only.
        Kept "KEPT",
        /// A promise only.
        Broken "BROKEN",
        Withdrawn "WITHDRAWN",
    }
}

/// What it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    Enquiry,
    DocumentRequest(Requested),
    /// To pay so much until the end of a day.
    Promise {
        amount: Money,
        day: Date,
    },
    Complaint,
}

/// A document of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    pub invoice: InvoiceId,
    pub entity: EntityId,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub id: CaseId,
    pub revision: Revision,
    pub account: AccountId,
    /// The account's when it was opened; empty: none.
    pub territory: String,
    pub document: Option<Document>,
    pub matter: Matter,
    pub subject: String,
    /// What the customer says.
    pub words: String,
    /// Whom to ask there.
    pub contact: String,
    pub opened: Act,
    /// Whose it is; `None`: nobody's yet.
    pub owner: Option<String>,
    pub clock: ServiceClock,
    pub state: State,
}

/// Where a case stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// The clock stands still since then.
    AwaitingCustomer {
        since: Timestamp,
    },
    Closed(Closing),
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub outcome: Outcome,
    /// What the customer was told.
    pub words: String,
    pub act: Act,
}

impl Matter {
    /// The kind's name, as contract, database and messages write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Enquiry => "ENQUIRY",
            Self::DocumentRequest(_) => "DOCUMENT_REQUEST",
            Self::Promise { .. } => "PROMISE",
            Self::Complaint => "COMPLAINT",
        }
    }

    /// Whether a case of this kind can end so.
    fn ends(&self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Withdrawn => true,
            Outcome::Kept | Outcome::Broken => matches!(self, Self::Promise { .. }),
            Outcome::Answered => !matches!(self, Self::Promise { .. }),
        }
    }
}

impl State {
    /// The state's name, as contract, database and messages write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::AwaitingCustomer { .. } => "AWAITING_CUSTOMER",
            Self::Closed(_) => "CLOSED",
        }
    }
}

impl Case {
    fn needs(&self, needed: &str) -> CaseRefusal {
        CaseRefusal::WrongState {
            case: self.id.to_string(),
            state: self.state.name().to_owned(),
            needed: needed.to_owned(),
        }
    }
}
