//! What corrects a document that is out: a further document, never a change of the first.
//!
//! ADJ-1: of no line is more taken back than was billed, what is only asked for counted in.

mod change;
mod evidence;
mod line;
mod notice;
mod proposed;
mod refusal;
mod room;
#[cfg(test)]
mod tests;

pub use change::{Proposal, approved, create, edit, executed, mendable, settled, submit, void, withdraw};
pub use evidence::{EVIDENCE_MAX_BYTES, Evidence, EvidenceRefusal, take};
pub use line::{
    AdjustedLine, AskedLine, By, OfSpots, RightTax, TaxCategory, check, check_spots, check_taxes, come_to,
};
pub use notice::{lacks_rate, notices};
pub use proposed::{Difference, follow, lapse, propose};
pub use refusal::AdjustmentRefusal;
pub use room::{OfLines, leave};

use ids::{AccountId, AdjustmentId, ApprovalId, EntityId, InvoiceId, Revision};
use jiff::Timestamp;
use money::{Currency, Money};

use crate::{
    act::Act,
    content_digest::ContentDigest,
    spelled::spelled,
    subject::{Cause, Digest, SubjectKind},
};

spelled! {
    /// What an adjustment does.
    pub enum AdjustmentKind {
        Credit "CREDIT",
        Debit "DEBIT",
        Rebill "REBILL",
        Makegood "MAKEGOOD",
        WriteOff "WRITE_OFF",
        Goodwill "GOODWILL",
        TaxCorrection "TAX_CORRECTION",
        RatingCorrection "RATING_CORRECTION",
        MakegoodRelease "MAKEGOOD_RELEASE",
    }
}

spelled! {
    /// What it does to what counts as billed: a correction was billed wrongly, the others were billed rightly.
    pub enum Basis {
        Correction "CORRECTION",
        Commercial "COMMERCIAL",
        Tax "TAX",
        Makegood "MAKEGOOD",
        WriteOff "WRITE_OFF",
    }
}

/// What invoicing makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    CreditNote,
    DebitNote,
    /// A credit note, and an invoice to somebody else.
    Rebill,
    WriteOff,
    /// A credit or debit note of nothing but tax.
    TaxNote,
    /// What is owed for spots that the document bills: airings make them good, and nobody credits them.
    Owed,
    /// What is left of that is owed no more.
    Released,
}

/// Whom a rebill bills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillTo {
    pub account: AccountId,
    /// The customer's number that the new invoice goes on; empty: as the account stays or changes.
    pub purchase_order: String,
}

/// The number of no line: what is open on the document as a whole.
pub const WHOLE: i32 = 0;

/// An adjustment of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    pub id: AdjustmentId,
    pub revision: Revision,
    pub account: AccountId,
    pub entity: EntityId,
    pub invoice: InvoiceId,
    pub currency: Currency,
    pub kind: AdjustmentKind,
    pub cause: Cause,
    /// What the customer reads.
    pub reason: String,
    pub lines: Vec<AdjustedLine>,
    /// Of a rebill.
    pub bill_to: Option<BillTo>,
    pub evidence: Vec<Evidence>,
    pub made: Act,
    /// Whoever changed it since; each once.
    pub editors: Vec<String>,
    pub state: State,
}

/// Where an adjustment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Draft,
    Submitted {
        approval: ApprovalId,
    },
    Approved {
        approval: ApprovalId,
    },
    /// `document` is the resource name of the document that it became.
    Executed {
        approval: ApprovalId,
        document: String,
        at: Timestamp,
    },
    Ended {
        how: Ending,
        approval: Option<ApprovalId>,
    },
}

spelled! {
    /// How an adjustment ended without becoming a document. What was returned can be mended and submitted again.
    pub enum Ending {
        Rejected "REJECTED",
        Returned "RETURNED",
        Withdrawn "WITHDRAWN",
        Expired "EXPIRED",
        Voided "VOIDED",
    }
}

impl AdjustmentKind {
    /// What is asked to be approved.
    pub fn subject(self) -> SubjectKind {
        match self {
            Self::Credit => SubjectKind::Credit,
            Self::Debit => SubjectKind::Debit,
            Self::Rebill => SubjectKind::Rebill,
            Self::Makegood | Self::MakegoodRelease => SubjectKind::Makegood,
            Self::WriteOff => SubjectKind::WriteOff,
            Self::Goodwill => SubjectKind::Goodwill,
            Self::TaxCorrection => SubjectKind::TaxCorrection,
            Self::RatingCorrection => SubjectKind::RatingCorrection,
        }
    }

    /// What it does to billed to date. Credit for a service that failed says nothing about what was delivered, so it
    /// must not come back with the next run.
    pub fn basis(self, cause: Cause) -> Basis {
        match self {
            Self::Credit | Self::Debit if matches!(cause, Cause::ServiceFailure | Cause::Goodwill) => {
                Basis::Commercial
            }
            Self::Credit | Self::Debit | Self::Rebill | Self::RatingCorrection => Basis::Correction,
            Self::Goodwill => Basis::Commercial,
            Self::TaxCorrection => Basis::Tax,
            Self::Makegood | Self::MakegoodRelease => Basis::Makegood,
            Self::WriteOff => Basis::WriteOff,
        }
    }

    /// What it becomes.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Credit | Self::Goodwill | Self::RatingCorrection => Outcome::CreditNote,
            Self::Debit => Outcome::DebitNote,
            Self::Rebill => Outcome::Rebill,
            Self::WriteOff => Outcome::WriteOff,
            Self::TaxCorrection => Outcome::TaxNote,
            Self::Makegood => Outcome::Owed,
            Self::MakegoodRelease => Outcome::Released,
        }
    }

    /// Whether it takes back what a line has billed, or has it made good instead, and so needs something to be left of it.
    pub fn takes_back(self) -> bool {
        match self {
            Self::Credit
            | Self::Rebill
            | Self::WriteOff
            | Self::Goodwill
            | Self::RatingCorrection
            | Self::Makegood => true,
            Self::Debit | Self::TaxCorrection | Self::MakegoodRelease => false,
        }
    }
}

impl State {
    /// The state's name, as contract, database and messages write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Submitted { .. } => "SUBMITTED",
            Self::Approved { .. } => "APPROVED",
            Self::Executed { .. } => "EXECUTED",
            Self::Ended { how, .. } => how.name(),
        }
    }

    /// The request that it was or is asked by.
    pub fn approval(&self) -> Option<ApprovalId> {
        match self {
            Self::Draft => None,
            Self::Submitted { approval } | Self::Approved { approval } | Self::Executed { approval, .. } => {
                Some(*approval)
            }
            Self::Ended { approval, .. } => *approval,
        }
    }
}

impl Adjustment {
    /// What limits are compared with: the gross that it moves, and of a correction of tax the tax that it moves, line by line and
    /// whichever way. What a rebill bills anew is not set off against it; spots count as what they were billed at.
    pub fn measured(&self) -> Result<Money, money::MoneyError> {
        Money::sum(self.currency, self.lines.iter().map(|line| line.amount))
    }

    /// What is to be adjusted, and why.
    pub fn proposal(&self) -> Proposal {
        Proposal {
            kind: self.kind,
            cause: self.cause,
            reason: self.reason.clone(),
            lines: self.lines.iter().map(AdjustedLine::asked).collect(),
            bill_to: self.bill_to.clone(),
            evidence: self.evidence.clone(),
        }
    }

    /// What exactly would be approved.
    pub fn digest(&self) -> Digest {
        let mut digest = ContentDigest::of("adjustment/1");
        digest.written(self.account);
        digest.written(self.entity);
        digest.written(self.invoice);
        digest.written(self.currency);
        digest.written(self.kind);
        digest.written(self.cause);
        digest.text(&self.reason);
        digest.count(self.lines.len());
        for line in &self.lines {
            line.digest(&mut digest);
        }
        digest.count(self.evidence.len());
        for evidence in &self.evidence {
            digest.text(&evidence.file_name);
            digest.text(evidence.sha256);
        }
        if let Some(BillTo { account, purchase_order }) = &self.bill_to {
            digest.text("bill-to");
            digest.written(account);
            digest.text(purchase_order);
        }
        digest.finish()
    }

    fn needs(&self, needed: &str) -> AdjustmentRefusal {
        AdjustmentRefusal::WrongState {
            adjustment: self.id.to_string(),
            state: self.state.name().to_owned(),
            needed: needed.to_owned(),
        }
    }
}
