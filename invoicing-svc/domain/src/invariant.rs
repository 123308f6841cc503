//! The laws of the books, each with a name that tests, the checks before record and `CheckInvariants` share.

use std::fmt;

/// A law that holds of everything recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invariant {
    LinesSumToGross,
    NetIsGrossLessCommission,
    LineCommissionsSum,
    PostingsSumToZero,
    BilledToDateIsWhatWasDocumented,
    NumberHasOneDocument,
    NumbersHaveNoGap,
    ApprovedByAnother,
    CapHolds,
    LedgerOfALineAddsUp,
    QuantityTimesPrice,
    DatesFollowNumbers,
    TaxRowsSum,
    CreditWithinLine,
    OpenIsReceivable,
    PutWithinWhatIsThere,
}

impl Invariant {
    /// Every law, in the order of its name.
    pub const ALL: [Self; 16] = [
        Self::LinesSumToGross,
        Self::NetIsGrossLessCommission,
        Self::LineCommissionsSum,
        Self::PostingsSumToZero,
        Self::BilledToDateIsWhatWasDocumented,
        Self::NumberHasOneDocument,
        Self::NumbersHaveNoGap,
        Self::ApprovedByAnother,
        Self::CapHolds,
        Self::LedgerOfALineAddsUp,
        Self::QuantityTimesPrice,
        Self::DatesFollowNumbers,
        Self::TaxRowsSum,
        Self::CreditWithinLine,
        Self::OpenIsReceivable,
        Self::PutWithinWhatIsThere,
    ];

    /// The stable name.
    pub fn id(self) -> &'static str {
        match self {
            Self::LinesSumToGross => "INV-1",
            Self::NetIsGrossLessCommission => "INV-2",
            Self::LineCommissionsSum => "INV-3",
            Self::PostingsSumToZero => "INV-4",
            Self::BilledToDateIsWhatWasDocumented => "INV-5",
            Self::NumberHasOneDocument => "INV-6",
            Self::NumbersHaveNoGap => "INV-7",
            Self::ApprovedByAnother => "INV-8",
            Self::CapHolds => "INV-9",
            Self::LedgerOfALineAddsUp => "INV-10",
            Self::QuantityTimesPrice => "INV-11",
            Self::DatesFollowNumbers => "INV-12",
            Self::TaxRowsSum => "INV-13",
            Self::CreditWithinLine => "INV-14",
            Self::OpenIsReceivable => "INV-15",
            Self::PutWithinWhatIsThere => "INV-16",
        }
    }

    /// The law in words.
    pub fn law(self) -> &'static str {
        match self {
            Self::LinesSumToGross => "the lines of a document sum to its gross",
            Self::NetIsGrossLessCommission => {
                "net is gross less the commission's percent, rounded once; commission is the rest, and total is net and tax"
            }
            Self::LineCommissionsSum => {
                "the commissions of the lines sum to the document's; a line's net is its gross less its commission"
            }
            Self::PostingsSumToZero => "the postings of a document or activity sum to zero in each currency",
            Self::BilledToDateIsWhatWasDocumented => {
                "what was billed of a line to date by runs is the sum of its lines on documents"
            }
            Self::NumberHasOneDocument => {
                "a number belongs to one document, and an issued document has one number"
            }
            Self::NumbersHaveNoGap => "an issued number has no gap before it",
            Self::ApprovedByAnother => "a run is approved by another person than the one who started it",
            Self::CapHolds => "no line has billed more than its cap",
            Self::LedgerOfALineAddsUp => {
                "what was billed of a metered line is its billed units at their prices, summed exactly and rounded once"
            }
            Self::QuantityTimesPrice => "quantity × price is the amount of a line, within one minor unit",
            Self::DatesFollowNumbers => {
                "of two documents of a series, the later number has no earlier issue date"
            }
            Self::TaxRowsSum => {
                "a tax row is the base of its lines by its percent, rounded once; the rows sum to the document's tax"
            }
            Self::CreditWithinLine => "no line is credited beyond what it bills",
            Self::OpenIsReceivable => {
                "what is open on the documents of an account is its receivables in the ledger, in each currency"
            }
            Self::PutWithinWhatIsThere => {
                "nothing is put on a document or a write-off, or taken from a receipt or a credit note, beyond what is there"
            }
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id(), self.law())
    }
}

/// A law that would be broken by recording: a fault of ours, never the caller's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{invariant}: {found}")]
pub struct Broken {
    /// The law.
    pub invariant: Invariant,
    /// What was found instead.
    pub found: String,
}

impl Invariant {
    /// Goes on if the law holds.
    pub(crate) fn check(self, holds: bool, found: impl FnOnce() -> String) -> Result<(), Broken> {
        if holds { Ok(()) } else { Err(Broken { invariant: self, found: found() }) }
    }
}
