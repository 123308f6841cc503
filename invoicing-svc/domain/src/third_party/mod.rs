//! Two count, and the order says whose count bills. Within the tolerance the controlling count bills. Beyond it, and only
//! when the controlling count is the lower one, somebody decides: the line is held with both counts, and with what each
//! way out would bill.

mod compare;
mod price;
mod said;
mod settle;
#[cfg(test)]
mod tests;

pub use compare::{Counts, Finding, compare};
pub use price::{Priced, by_own_count, price};
pub use settle::{Case, Decided, Decision, Delivered, Settled, settle};

use calendar::Days;
use jiff::{ToSpan, civil::Date};
use money::Quantity;

use crate::order::ToleranceBase;

/// The terms of a line whose count a third party controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThirdPartyTerms {
    /// So far the counts may be apart; exactly so far is within.
    pub tolerance_percent: Quantity,
    /// Of which count the tolerance is a percent.
    pub base: ToleranceBase,
    /// What bills of a period that the third party has not counted when its count is overdue.
    pub without_count: WithoutCount,
    /// How many days after the end of a period its count is due.
    pub count_due_days: u16,
    /// Up to when it was looked at.
    pub as_of: Date,
}

impl ThirdPartyTerms {
    /// Whether the own count bills a period without another.
    fn bills_own(self, period: Days) -> bool {
        let due = period.last().saturating_add(i64::from(self.count_due_days).days());
        self.without_count == WithoutCount::BillOwn && self.as_of > due
    }
}

/// What bills of a period of which the third party has said nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutCount {
    BillOwn,
    /// Nothing, until it has.
    Hold,
}

/// A way out of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The controlling count bills.
    Controlling,
    /// The controlling count and a tenth of it bill, and never more than the own count.
    ControllingPlusTen,
    /// The own count bills; a controller chooses it, or an approval does.
    Own,
    /// The controlling count bills, and what is missing to the own count is made good by delivery.
    Makegood,
}

impl WithoutCount {
    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::BillOwn => "BILL_OWN",
            Self::Hold => "HOLD",
        }
    }

    /// The one of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::BillOwn, Self::Hold].into_iter().find(|known| known.name() == name)
    }
}

impl Outcome {
    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Controlling => "CONTROLLING",
            Self::ControllingPlusTen => "CONTROLLING_PLUS_10",
            Self::Own => "OWN",
            Self::Makegood => "MAKEGOOD",
        }
    }

    /// The outcome of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        let all = [Self::Controlling, Self::ControllingPlusTen, Self::Own, Self::Makegood];
        all.into_iter().find(|outcome| outcome.name() == name)
    }
}
