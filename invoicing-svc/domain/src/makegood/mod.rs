//! Makegoods: what is owed for spots that did not air, and what makes it good. Many to many, and by value.
//!
//! An obligation is a spot that was missed, by its source or because somebody decided so of one that was billed. The spots that name it make it good with what they cost, in the order in which they
//! aired and only up to what is owed, so that nothing that airs later changes what an earlier spot is for. What was
//! credited or released is owed no more: a shortfall is never both credited and made good. What of a makegood is beyond
//! all that is owed waits until somebody decides.
//!
//! A makegood names spots as they are printed, and may name what nobody knows here: what is not known limits nothing, and is
//! owed what its makegoods cost.

mod obligation;
mod owed;
mod release;
mod resolve;
#[cfg(test)]
mod tests;

pub use obligation::{Balance, MadeGood, Missed, Obligation, Part, State, Sums};
pub use owed::{Fulfils, Owed, owed};
pub use release::{MakegoodRefusal, check_left, release};

use ids::{AiringId, LineId, OrderId};
use jiff::{
    ToSpan,
    civil::{Date, Time},
};
use money::Rate;
use rust_decimal::Decimal;

use crate::delivery::AiringStatus;

/// A spot of an order, as far as makegoods go.
#[derive(Clone, Copy, Debug)]
pub struct KnownSpot<'a> {
    pub id: AiringId,
    pub order: OrderId,
    pub line: LineId,
    /// The line's number in its order.
    pub line_number: &'a str,
    /// What its source calls it; unique within its line.
    pub name: &'a str,
    /// The day that bills.
    pub day: Date,
    /// Spots without one count as the first of their day.
    pub time: Option<Time>,
    /// Its row in the source's document.
    pub row: u32,
    pub status: AiringStatus,
    /// What it costs, or would have cost: its own rate, or that of its terms.
    pub rate: Option<Rate>,
    /// Whether the latest document that lists it does so for its price or as a makegood, and not as over-delivery at 0.
    pub is_billed: bool,
    /// The names of the spots that it makes good.
    pub makes_good: &'a [String],
    /// The last day on which a makegood for it may air; `None`: it never expires.
    pub expires: Option<Date>,
    /// A credit note took back what was billed for it.
    pub is_credited: bool,
    /// How much of it was released.
    pub released: Option<Decimal>,
    /// Somebody decided that it is made good, whatever its source says of it. It stands on a document.
    pub is_decided: bool,
}

impl KnownSpot<'_> {
    /// Whether it aired.
    pub fn has_aired(&self) -> bool {
        match self.status {
            AiringStatus::Aired => true,
            AiringStatus::Credited
            | AiringStatus::Unresolved
            | AiringStatus::MadeGood
            | AiringStatus::NotAired => false,
        }
    }

    /// Whether it is owed: it did not air, or somebody decided so.
    pub fn is_missed(&self) -> bool {
        self.is_decided || !self.has_aired()
    }

    /// Whether its bill stands by decision alone, although it did not air: nothing gives it back, and nothing lets it go.
    fn stands_by_decision(&self) -> bool {
        self.is_decided && self.is_billed && !self.has_aired() && !self.is_credited && self.released.is_none()
    }

    /// It did not air, but what named it was to make another good, and nobody was billed: that one is still owed.
    fn passes_on(&self) -> bool {
        !self.has_aired() && !self.is_billed && !self.makes_good.is_empty()
    }

    /// Spots of a day count by time and row; rows of two documents may share a number.
    fn place(&self) -> (Date, Option<Time>, u32, AiringId) {
        (self.day, self.time, self.row, self.id)
    }
}

/// The last day on which a makegood may air for what was missed on a day; `None` where nothing expires.
pub fn expires(missed: Date, days: Option<u16>) -> Option<Date> {
    days.map(|days| missed.saturating_add(i64::from(days).days()))
}
