//! Which tax a line carries: decided by where it is taxed, what is sold, who buys and the day on which the tax falls due.
//!
//! The law: nothing is ever taxed at 0 by silence. Either the seller's place has no rates at all, and then nothing that
//! it sells is subject to tax; or every line finds its rate, an exemption or a reverse charge; or its order waits.

mod account;
mod allocation;
mod category;
mod determine;
mod percent_of;
mod place;
mod rate;
mod refusal;
mod take_in;
#[cfg(test)]
mod tests;

use money::Money;

pub use account::{AccountTax, Exemption, TaxRegistration};
pub use allocation::{Allocation, PlaceShare, Places};
pub use category::TaxCategory;
pub use determine::{Determined, Taxable, Treatment, determine};
pub(crate) use percent_of::percent_of;
pub use place::{ParsePlaceError, Place};
pub use rate::{TaxRate, TaxRates, Validity};
pub use refusal::{TaxError, TaxRateRefusal};
pub use take_in::{Filed, TakenIn, take_in};

/// What tax is computed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaxBase {
    /// What is left after the agency's commission, which is an allowance of the document (EN 16931 BT-116).
    NetOfCommission,
    /// The amount before commission.
    Gross,
}

impl TaxBase {
    /// What is taxed of an amount.
    pub fn of(self, net: Money, gross: Money) -> Money {
        match self {
            Self::NetOfCommission => net,
            Self::Gross => gross,
        }
    }
}
