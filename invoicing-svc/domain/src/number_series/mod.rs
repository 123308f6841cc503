//! Where document numbers come from: 1, 2, 3 … within a year, without a gap, and never an earlier date on a later number.
//!
//! INV-7 holds because a number is taken under a lock on the series, in the transaction that makes its document.

mod take;
#[cfg(test)]
mod tests;
mod update;

pub use take::{Taken, room, take};
pub use update::update;

use ids::{EntityId, Revision, SeriesId};
use jiff::civil::Date;

use crate::billing_entity::BillingEntity;
use crate::invoice::DocumentKind;

/// A number series of an entity; one per tax registration and kind of document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberSeries {
    pub id: SeriesId,
    pub revision: Revision,
    pub entity: EntityId,
    /// One of the entity's, or empty.
    pub tax_registration: String,
    pub document_kind: DocumentKind,
    pub year_basis: YearBasis,
    /// Printed before the year, at most 16 characters; may be empty.
    pub prefix: String,
    /// Digits of the sequence, 1–12.
    pub width: u8,
    /// The first number of a year, at least 1.
    pub start: u64,
}

/// Which day decides the year of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YearBasis {
    /// The Gregorian year of the issue date.
    Calendar,
    /// The entity's fiscal year.
    Fiscal,
    /// The year that begins with the entity's statutory month, by the year in which it begins.
    Statutory,
}

impl YearBasis {
    /// The year that a document of the entity is numbered in, dated this day.
    pub fn year_of(self, entity: &BillingEntity, day: Date) -> i16 {
        match self {
            Self::Calendar => day.year(),
            Self::Fiscal => entity.fiscal.year_of(entity.fiscal.month_of(day)),
            Self::Statutory if day.month() < entity.statutory_first_month => day.year().saturating_sub(1),
            Self::Statutory => day.year(),
        }
    }
}

/// The date on a document, and the year that it is numbered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    pub date: Date,
    pub year: i16,
}

/// What a year of a series has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesYear {
    pub year: i16,
    /// The number that the next document takes.
    pub next: u64,
    /// The date on the document that took the last one.
    pub last_issue_date: Date,
}

refusal::refusals! {
    /// Why a document gets no number.
    pub enum NumberRefusal {
        /// The order of the numbers is the order of the dates.
        StateForbids "ISSUE_DATE_BEFORE_LAST" IssueDateBeforeLast { issue_date: Date, last: Date } =>
            "the issue date {issue_date} is before {last}, the last one of the number series; issue on that day or later",
        /// A longer number would break the order of the documents wherever they are sorted by it.
        Exhausted "SERIES_EXHAUSTED" SeriesExhausted { year: i16, width: u8 } =>
            "the number series has too few numbers of {width} digits left in {year} for these documents; make its width larger",
        /// What is printed on documents stays as it is.
        StateForbids "SERIES_IN_USE" SeriesInUse { series: String } =>
            "{series} has issued documents; its prefix stays as it is, and its width may only grow",
    }
}
