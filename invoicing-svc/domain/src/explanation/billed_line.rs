//! The facts that an explanation of a line needs: what was recorded when it was billed.

use calendar::Days;
use ids::{AccountId, AiringId, BatchId, InvoiceId, OrderId};
use jiff::civil::Date;
use money::{Currency, Money, Percent, Quantity};
use rust_decimal::Decimal;

use crate::order::Cap;
use crate::rating::{Basis, Bucket};
use crate::tax::Treatment;

/// A line of a draft or document, with what stood behind it.
#[derive(Clone, Debug)]
pub struct BilledLine {
    pub account: AccountId,
    pub order: OrderId,
    pub currency: Currency,
    /// On the document.
    pub number: i32,
    /// The number of the document; absent for a draft.
    pub document: Option<String>,
    /// What it bills.
    pub bucket: Bucket,
    /// Negative where an earlier price is taken back.
    pub quantity: Decimal,
    /// Of what, for example `spot`.
    pub unit: String,
    pub gross: Money,
    /// The number of the document whose line it bills again to somebody else; nothing else stood behind it.
    pub rebills: Option<String>,
    /// Of the whole document.
    pub commission_percent: Percent,
    /// The line's part.
    pub commission: Money,
    pub net: Money,
    pub tax: TaxOfLine,
    /// The entries of the order line's ledger before this one, in their order.
    pub earlier: Vec<Earlier>,
    /// The terms that price it; absent where no segment of the line begins on that day any more.
    pub terms: Option<Terms>,
    /// Absent where nothing is counted against a limit.
    pub cap: Option<CapOfLine>,
    /// What it stands on, by batch.
    pub landed: Vec<Landed>,
}

/// How a line is taxed.
#[derive(Clone, Debug)]
pub struct TaxOfLine {
    /// The line's part of the tax row of its category and percent.
    pub amount: Money,
    pub treatment: Treatment,
    /// That row: what it is computed on, and its tax.
    pub row: (Money, Money),
    /// What of the line is taxed.
    pub base: Money,
    /// As written on the document; empty on those from before there was tax.
    pub place: String,
    /// Its share of the order line's impressions where they were allocated to places, and those of all.
    pub share: Option<(i64, i64)>,
    pub tax_code: String,
    pub tax_point: Date,
    /// The outside engine that determined it; `None`: the rates did.
    pub engine: Option<String>,
}

/// An entry of the ledger of an order line.
#[derive(Clone, Debug)]
pub struct Earlier {
    pub bucket: Bucket,
    pub basis: Basis,
    pub units: Decimal,
    pub gross: Money,
    /// The document that billed it; absent where another system did.
    pub invoice: Option<InvoiceId>,
}

/// The segment of terms that a line was priced by.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub days: Days,
    /// The revision of the order that said so.
    pub revision: i64,
}

/// How much of an order line is billed at most.
#[derive(Clone, Copy, Debug)]
pub struct CapOfLine {
    pub cap: Cap,
    /// Of the whole line.
    pub booked: Quantity,
}

/// What a batch said of what the line bills, as it was known when it was billed.
#[derive(Clone, Debug)]
pub struct Landed {
    pub batch: BatchId,
    /// What its source calls it.
    pub external_id: String,
    pub source: String,
    pub units: Decimal,
    pub unit: String,
    /// The spots, where there are any.
    pub airings: Vec<AiringId>,
}
