//! What has one price and one origin is one position of the ledger and one line of a document.

use calendar::Days;
use jiff::civil::Date;
use money::{Currency, Exact, MoneyError, Quantity, Rate};
use rust_decimal::Decimal;

/// What a line of a document bills. The order is the order on the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// A part of a schedule.
    SchedulePart,
    /// Ordinary spots.
    Spots,
    /// Spots that make earlier ones good: outside cap and flight.
    Makegood,
    /// Delivered beyond the cap: shown at 0.
    OverDelivery,
}

/// A position of the billed-to-date ledger of a line. The order is the order on the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    /// The billing period in which it was delivered.
    pub origin: Days,
    /// What it is.
    pub kind: LineKind,
    /// First day of the segment of terms that prices it.
    pub segment_first: Date,
    /// Price per unit in the line's currency; 0 for over-delivery.
    pub rate: Rate,
}

impl Bucket {
    /// What so many units of it are worth, exactly.
    pub(crate) fn worth(self, units: Decimal, currency: Currency) -> Result<Exact, MoneyError> {
        let quantity = Quantity::of(units.abs()).map_err(|_| MoneyError::Overflow)?;
        let worth = self.rate.times(quantity, currency)?;
        Ok(if units.is_sign_negative() { Exact::of(currency, -worth.amount()) } else { worth })
    }
}

/// The price of what is free.
pub(super) fn free() -> Rate {
    Rate::of(Decimal::ZERO).expect("nothing is a price")
}
