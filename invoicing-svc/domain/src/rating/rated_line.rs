//! What comes of rating a line.

use calendar::Days;
use ids::{AiringId, LineId};
use money::Money;
use rust_decimal::Decimal;

use super::{Bucket, Held, LineToRate};
use crate::pricing::Metric;

/// What a line has to bill in a run, and what it holds back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatedLine {
    /// The line.
    pub line: LineId,
    /// What is billed, in the order of the document. Over-delivery and free spots come to nothing.
    pub items: Vec<RatedItem>,
    /// What is not, by origin period. Billed and held together are what the line is worth to date.
    pub held: Vec<Held>,
}

/// A line of a document to be, and the entry of the billed-to-date ledger that issuing it makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatedItem {
    /// What is billed, from when, at which price.
    pub bucket: Bucket,
    /// The origin period belongs to an earlier billing month than the run's.
    pub late: bool,
    /// Whole units; negative where an earlier price is taken back beside the new one.
    pub quantity: Decimal,
    /// Of what.
    pub unit: Unit,
    /// Quantity × rate, within one minor unit: the line's total is what is rounded.
    pub gross: Money,
    /// The spots with their versions that no document lists under this position yet, in the order in which they aired.
    pub airings: Vec<(AiringId, u32)>,
    /// First and last day on which it was delivered, as far as it is known more exactly than by the origin period.
    pub delivered: Option<Days>,
    /// The entry of the ledger that this makes.
    pub entry: u32,
    /// What makegoods are for; else empty.
    pub note: String,
}

impl RatedItem {
    /// An item of a position, of nothing yet.
    pub(super) fn of(line: &LineToRate, bucket: Bucket, unit: Unit) -> Self {
        Self {
            bucket,
            late: line.is_late(bucket.origin),
            quantity: Decimal::ZERO,
            unit,
            gross: Money::zero(line.currency),
            airings: Vec::new(),
            delivered: None,
            entry: line.last_entry,
            note: String::new(),
        }
    }
}

/// What a quantity counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Spots.
    Spot,
    /// The part of a fee, or an amount as a whole.
    Fee,
    Impression,
    ViewableImpression,
    Click,
    View,
    CompletedView,
    Action,
    Day,
    /// The currency's major unit of media spend.
    Spend,
    Hour,
    /// Begun packages of units.
    Package,
    /// What a subscription has a quantity of.
    Seat,
}

impl Unit {
    /// The word for one of them, as on documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spot => "spot",
            Self::Fee => "fee",
            Self::Impression => "impression",
            Self::ViewableImpression => "viewable impression",
            Self::Click => "click",
            Self::View => "view",
            Self::CompletedView => "completed view",
            Self::Action => "action",
            Self::Day => "day",
            Self::Spend => "spend",
            Self::Hour => "hour",
            Self::Package => "package",
            Self::Seat => "seat",
        }
    }

    /// What a quantity of the metric counts.
    pub fn of(metric: Metric) -> Self {
        match metric {
            Metric::Impressions => Self::Impression,
            Metric::ViewableImpressions => Self::ViewableImpression,
            Metric::Clicks => Self::Click,
            Metric::Views => Self::View,
            Metric::CompletedViews => Self::CompletedView,
            Metric::Actions => Self::Action,
            Metric::Days => Self::Day,
            Metric::Spend => Self::Spend,
            Metric::Hours => Self::Hour,
        }
    }
}
