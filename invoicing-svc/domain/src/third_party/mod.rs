//! Two count, and the order says whose count bills. Within the tolerance the controlling count bills. Beyond it, and only
//! when the controlling count is the lower one, somebody decides: the line is held with both counts, and with what each
//! way out would bill.

mod compare;
mod price;
mod settle;
#[cfg(test)]
mod tests;

pub use compare::{Counts, Finding, compare};
pub use price::{Priced, price};
pub use settle::{Case, Delivered, Settled, settle};

use money::Quantity;

use crate::order::ToleranceBase;

/// The terms of a line whose count a third party controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThirdPartyTerms {
    /// So far the counts may be apart; exactly so far is within.
    pub tolerance_percent: Quantity,
    /// Of which count the tolerance is a percent.
    pub base: ToleranceBase,
    /// What bills while the third party has not counted.
    pub without_count: WithoutCount,
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
    /// The own count bills; this needs an approval.
    Own,
    /// The controlling count bills, and what is missing to the own count is made good by delivery.
    Makegood,
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
