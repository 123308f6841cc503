//! What was delivered, as its source counts it. A batch lands whole or not at all; a row that cannot be used is kept
//! with the reason.

mod batch;
mod cell;
mod digest;
mod fact;
mod place;
mod place_fact;
mod reconcile;
mod source;
mod sums;
#[cfg(test)]
mod tests;

pub use batch::{
    BatchTotals, DeliveryRefusal, check_content, check_duplicates, check_release, check_sequence,
    check_setting, check_totals,
};
pub use cell::cells;
pub use digest::BatchDigest;
pub use fact::{COUNT_MAX, DailyFact, Duplicates, Measure, Measured};
pub use place::{Column, LineFacts, OrderFacts, Place, RowRefusal, place};
pub use place_fact::{DailyLine, check_counts, check_restated, place_fact};
pub use reconcile::{Difference, reconcile};
pub use source::{DeliverySource, DeliverySourceRefusal, update_source};
pub use sums::{CellSums, LineSums, Sums};

use jiff::civil::{Date, Time};
use money::Rate;

/// One spot, aired or not, as its source says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Airing {
    /// The order's id in the order system that the batch names.
    pub order: String,
    /// The line's number.
    pub line: String,
    /// What the source calls the spot: unique within the line.
    pub spot: String,
    /// Its row in the source's document: decides among spots of one minute.
    pub row: i32,
    /// The day that bills.
    pub day: Date,
    pub time: Option<Time>,
    pub length_seconds: i32,
    pub creative: String,
    /// What it costs, or would have cost; `None`: the line's rate.
    pub rate: Option<Rate>,
    pub status: AiringStatus,
    /// The spots that this one makes good, as printed.
    pub makegood_for: Vec<String>,
    /// The spots that made this one good, as printed.
    pub made_good_by: Vec<String>,
    pub station: String,
}

impl Airing {
    /// It makes up for a spot that was missed: outside cap and flight.
    pub fn is_makegood(&self) -> bool {
        !self.makegood_for.is_empty()
    }
}

/// Whether a spot aired, or why not. Only what aired is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AiringStatus {
    Aired,
    Credited,
    Unresolved,
    MadeGood,
    NotAired,
}

impl AiringStatus {
    /// The name that contract, files and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aired => "AIRED",
            Self::Credited => "CREDITED",
            Self::Unresolved => "UNRESOLVED",
            Self::MadeGood => "MADE_GOOD",
            Self::NotAired => "NOT_AIRED",
        }
    }
}
