//! What becomes of receivables after their documents: what is put on them, and what is open as of a day.
//!
//! What is open on a document is its total less what was put on it; a credit note is open below zero until it is used up.
//! So the open documents of an account sum to its receivables in the ledger (INV-15), and nothing is put on a document,
//! or taken from a receipt or a credit note, beyond what is there (INV-16).

mod age;
mod allocate;
mod credit;
mod post;
mod refund;
mod reverse;
#[cfg(test)]
mod tests;
mod write_off;

pub use age::Age;
pub use allocate::{Put, Wanted, allocate};
pub use credit::apply_to_corrected;
pub use post::postings;
pub use refund::{Credit, check_refund};
pub use reverse::{Reversal, bounced, taken_off};
pub use write_off::{WrittenOff, check_write_off};

use ids::{AccountId, ActivityId, EntityId, InvoiceId};
use jiff::civil::Date;
use money::{Money, MoneyError};

use crate::billing_run::Act;
use crate::figure::grouped;
use crate::invoice::DocumentKind;

/// Something that was done to receivables. It is never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    pub id: ActivityId,
    pub entity: EntityId,
    /// From this day on it counts.
    pub day: Date,
    /// Above zero; below where it takes another one back.
    pub amount: Money,
    pub moved: Moved,
    pub reference: String,
    pub reason: String,
    /// The id of the approval by which it was done.
    pub approval: Option<String>,
    /// What it takes back.
    pub reverses: Option<ActivityId>,
    pub act: Act,
}

/// What was put on what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Money came.
    Receipt { method: String },
    /// A receipt pays a document.
    Allocation { receipt: ActivityId, document: InvoiceId },
    /// A credit note pays a document.
    Credit { credit: InvoiceId, document: InvoiceId },
    /// Money goes back.
    Refund(Source),
    /// A document is given up.
    WriteOff { document: InvoiceId },
    /// The tax in what was given up is claimed back.
    TaxRelief { write_off: ActivityId },
    /// A receipt pays what was given up; so much of it is tax that is owed again.
    Recovery { receipt: ActivityId, write_off: ActivityId, tax: Money },
}

/// What money is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Receipt(ActivityId),
    Credit(InvoiceId),
}

impl Moved {
    /// The name that contract and database write.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Receipt { .. } => "RECEIPT",
            Self::Allocation { .. } => "ALLOCATION",
            Self::Credit { .. } => "CREDIT_APPLICATION",
            Self::Refund(_) => "REFUND",
            Self::WriteOff { .. } => "WRITE_OFF",
            Self::TaxRelief { .. } => "TAX_RELIEF",
            Self::Recovery { .. } => "RECOVERY",
        }
    }
}

/// What is open on a document, on the day as of which it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItem {
    pub account: AccountId,
    pub entity: EntityId,
    pub document: InvoiceId,
    pub kind: DocumentKind,
    pub number: String,
    pub issued: Date,
    pub due: Date,
    pub total: Money,
    /// Below zero on a credit note that is not used up.
    pub open: Money,
    /// At most what is open.
    pub disputed: Money,
    /// What the disputed part was set by.
    pub dispute: String,
}

/// Money that came, and what was put of it on documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub id: ActivityId,
    pub account: AccountId,
    pub entity: EntityId,
    pub amount: Money,
    pub day: Date,
    pub method: String,
    pub reference: String,
    /// On no document, and not given back.
    pub unapplied: Money,
    /// Below zero where it was taken off again.
    pub puts: Vec<(Put, Date)>,
    /// That the money did not come after all.
    pub reversed: Option<TakenBack>,
    pub act: Act,
}

/// When and why something was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenBack {
    pub day: Date,
    pub reason: String,
}

/// A receivable that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteOff {
    pub id: ActivityId,
    pub account: AccountId,
    pub entity: EntityId,
    pub document: InvoiceId,
    pub day: Date,
    pub reason: String,
    pub lost: WrittenOff,
    pub act: Act,
}

impl OpenItem {
    /// The rest.
    pub fn undisputed(&self) -> Result<Money, MoneyError> {
        self.open.minus(self.disputed)
    }
}

refusal::refusals! {
    /// Why money is not put where somebody wants it.
    pub enum ReceivableRefusal {
        /// What is not in the chart of accounts cannot be posted.
        StateForbids "SETTLEMENT_CODES_MISSING" CodesMissing { entity: String } =>
            "{entity} has no GL codes for cash and bad debt; update its settlement_codes first",
        /// What has not happened is not recorded.
        StateForbids "DAY_IN_FUTURE" DayInFuture { day: Date, today: Date } =>
            "{day} lies in the future: today is {today} in the entity's time zone",
        /// Nothing is paid before there is something to pay, or something to pay it with.
        StateForbids "DAY_TOO_EARLY" DayTooEarly { day: Date, first: Date } =>
            "{day} is before {first}, on which there was something to take it from and to put it on",
        /// Only what is open is paid.
        StateForbids "DOCUMENT_NOT_OPEN" NotOpen { document: String } =>
            "{document} has nothing open, or is of another entity, currency or account",
        /// Never more than the document.
        StateForbids "ALLOCATION_ABOVE_OPEN" AboveOpen { document: String, open: String, asked: String } =>
            "{document}: {open} open; {asked} is more",
        /// Never more than the money.
        StateForbids "ALLOCATION_ABOVE_LEFT" AboveLeft { left: String, asked: String } => "{left} left; {asked} is more",
        /// What is disputed may be owed in the end, and what was written off was never paid.
        StateForbids "REFUND_ABOVE_CREDIT" RefundAboveCredit { refundable: String, owed: String, asked: String } =>
            "{refundable} can be given back, as {owed} is open, disputed or written off against the credit; {asked} is more",
        /// What is disputed is settled first.
        StateForbids "WRITE_OFF_ABOVE_UNDISPUTED" AboveUndisputed { document: String, open: String, disputed: String, undisputed: String, asked: String } =>
            "{document}: {undisputed} can be written off, as {disputed} of the {open} open is disputed; {asked} is more. What is disputed is never written off: credit what is upheld and reject the rest, and what is left then can be",
        /// Tax is claimed once, of what is still lost.
        StateForbids "TAX_RELIEF_CLAIMED" ReliefClaimed { write_off: String } =>
            "{write_off} has no tax to claim back: it was claimed, something was recovered, or there is no tax in it",
        /// Nobody gives back more than was lost.
        StateForbids "RECOVERY_ABOVE_WRITTEN_OFF" AboveWrittenOff { left: String, asked: String } =>
            "{left} of what was written off is not recovered; {asked} is more",
        /// What is not there is not taken off.
        StateForbids "NOT_ALLOCATED" NotAllocated { document: String } =>
            "nothing of the receipt is on {document}; look at its allocations",
        /// It would not have been there to be given back.
        StateForbids "RECEIPT_USED" ReceiptUsed { used: String } =>
            "{used} of the receipt was given back, or recovered what was written off: money that did not come cannot have been",
        /// It is taken back once.
        StateForbids "RECEIPT_REVERSED" ReceiptReversed => "the receipt was taken back already",
        /// What is paid is not disputed any more.
        StateForbids "DISPUTE_ABOVE_OPEN" DisputeAboveOpen { open: String, asked: String } => "{open} open; {asked} is more",
        /// More digits than can be calculated with.
        StateForbids "AMOUNT_TOO_LARGE" AmountTooLarge { error: MoneyError } => "{error}",
    }
}

impl From<MoneyError> for ReceivableRefusal {
    fn from(error: MoneyError) -> Self {
        Self::AmountTooLarge { error }
    }
}

/// Checks a day: not in the future, and not before there is what it needs.
pub fn check_day(day: Date, today: Date, first: Option<Date>) -> Result<(), ReceivableRefusal> {
    if day > today {
        return Err(ReceivableRefusal::DayInFuture { day, today });
    }
    match first {
        Some(first) if day < first => Err(ReceivableRefusal::DayTooEarly { day, first }),
        Some(_) | None => Ok(()),
    }
}

/// Checks a disputed amount: it ends with 0, and is at most what is open.
pub fn check_dispute(open: Money, disputed: Money) -> Result<(), ReceivableRefusal> {
    if disputed.is_positive() && disputed.compare(open)?.is_gt() {
        let (open, asked) = (grouped(open), grouped(disputed));
        return Err(ReceivableRefusal::DisputeAboveOpen { open, asked });
    }
    Ok(())
}
