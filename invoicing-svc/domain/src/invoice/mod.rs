//! A document: assembled as the draft of a run, then issued and never changed.
//!
//! Amounts follow EN 16931: gross is the sum of the lines (BT-106), net = R(gross × (1 − p)) after the agency's
//! commission as a document allowance (BT-109), and commission is what is between them, so that the three add up. Tax is
//! computed once per category and percent, on the sum of its lines (BT-117), and total is net and tax (BT-112).

mod assemble;
mod check;
mod consolidate;
mod digest;
mod due_date;
mod room;
mod take_back;
mod taxed;
#[cfg(test)]
pub(crate) mod tests;
mod text;

pub(crate) use assemble::percent_of;
pub use assemble::{LineFacts, OrderFacts, RatedOrder, assemble};
pub use check::CheckError;
pub use consolidate::{Consolidation, Sharing, grouping_key};
pub use digest::digest;
pub use due_date::due_date;
pub use take_back::BilledAs;
pub use taxed::{DeterminedError, Untaxed, check_determined};

use calendar::{Days, Month};
use ids::{AccountId, EntityId, InvoiceId, LineId, OrderId, RunId};
use jiff::civil::Date;
use money::{Currency, Money, Percent};

use crate::account::SettledBy;
use crate::rating::RatedItem;
use crate::tax::{Place, TaxBase, TaxCategory, Treatment};

/// What kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// EN 16931 type code 380.
    Invoice,
    /// EN 16931 type code 381; its amounts are above zero too.
    CreditNote,
    /// EN 16931 type code 383.
    DebitNote,
}

/// The content of a document, before and after it is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Derived from run, account, grouping key, currency and kind: the same on every replica.
    pub id: InvoiceId,
    pub run: RunId,
    pub entity: EntityId,
    pub account: AccountId,
    /// The first of the orders that it bills.
    pub order: OrderId,
    pub kind: DocumentKind,
    /// Of every amount.
    pub currency: Currency,
    /// The run's month.
    pub billing_month: Month,
    /// Spans the origin periods of the lines (BG-14).
    pub period: Days,
    /// Net days.
    pub payment_terms_days: u16,
    /// How its account settled when it was rated: so the document is settled, whatever the account does later.
    pub settled_by: SettledBy,
    /// Spots billed, makegoods too, without over-delivery.
    pub spots: i64,
    /// Of gross.
    pub commission_percent: Percent,
    pub gross: Money,
    pub commission: Money,
    pub net: Money,
    /// Sum of the tax rows (BT-110).
    pub tax: Money,
    pub total: Money,
    /// What the rows are computed on.
    pub tax_base: TaxBase,
    /// The outside engine that determined its tax; `None`: the rates did.
    pub tax_engine: Option<String>,
    /// One for each category and percent of the lines, in their order (BG-23).
    pub taxes: Vec<TaxRow>,
    /// At least one, numbered from 1 in this order.
    pub lines: Vec<DraftLine>,
}

/// A line of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftLine {
    pub order: OrderId,
    /// The order line.
    pub line: LineId,
    /// What is billed, and the entry of the ledger that issuing it makes. Its note is printed.
    pub item: RatedItem,
    /// What was sold, as printed.
    pub description: String,
    /// The line's part of the document's commission.
    pub commission: Money,
    pub net: Money,
    /// GL account of the revenue.
    pub gl_revenue: String,
    pub tax_code: String,
    pub tax: LineTax,
    /// The days on which it was delivered.
    pub service: Days,
    /// When tax falls due: the last day of the service.
    pub tax_point: Date,
}

/// How a line is taxed. A document that corrects it takes all of this over, whatever holds by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineTax {
    pub place: Place,
    pub category: TaxCategory,
    pub percent: Percent,
    /// The line's part of its row.
    pub amount: Money,
}

/// The tax of all lines of a category and percent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRow {
    /// Category (BT-118), percent (BT-119) and why there is no tax (BT-120).
    pub treatment: Treatment,
    /// BT-116.
    pub base: Money,
    /// BT-117: the base by the percent, rounded once.
    pub tax: Money,
}

impl Draft {
    /// The orders that it bills, in the order of their lines.
    pub fn orders(&self) -> Vec<OrderId> {
        let mut orders: Vec<OrderId> = self.lines.iter().map(|line| line.order).collect();
        orders.dedup();
        orders
    }
}

refusal::refusals! {
    /// Why there is no file of a document, or no document.
    pub enum InvoiceRefusal {
        /// A box on an invoice says nothing.
        StateForbids "GLYPH_MISSING" GlyphMissing { characters: String } =>
            "the font of the documents has no {characters}; its draft waits until its texts are written otherwise",
        /// A draft may still change; what is printed may not.
        StateForbids "NOT_ISSUED" NotIssued { invoice: String } => "{invoice} is a draft; it has a PDF once it is issued",
        /// What is issued never changes.
        StateForbids "NOT_A_DRAFT" NotADraft { invoice: String } => "{invoice} is issued and does not change any more; a further document refers to it",
        /// The data of the document, pinned on the day of issue, cannot be put on paper.
        StateForbids "UNPRINTABLE" Unprintable { invoice: String, why: String } => "{invoice} cannot be printed: {why}; take it as CSV or JSON",
    }
}
