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
    /// What a metered line delivered, and the quantities of a subscription.
    Delivery,
    /// The flat amount of a tier.
    TierFee,
    /// Delivered spend of time and materials, with its markup; beyond a cap it is shown at 0.
    Expenses,
    /// What a minimum is above what was rated for its window.
    Minimum,
    /// What an agreement's minimum is above what was rated in its term.
    TrueUp,
    /// What an agreement gives back of what was rated in its term.
    Rebate,
    /// An ad credit that is used.
    AdCredit,
    /// Delivered beyond the cap: shown at 0.
    OverDelivery,
}

impl LineKind {
    /// Whether it follows from other lines, and may take back what they bill.
    pub fn settles(self) -> bool {
        match self {
            Self::TrueUp | Self::Rebate | Self::AdCredit => true,
            Self::SchedulePart
            | Self::Spots
            | Self::Makegood
            | Self::Delivery
            | Self::TierFee
            | Self::Expenses
            | Self::Minimum
            | Self::OverDelivery => false,
        }
    }
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
    /// Price per `price_base` units in the line's currency; 0 for what is beyond a cap.
    pub rate: Rate,
    /// Of how many units the rate is the price (EN 16931 BT-149): a power of ten, so that products are exact.
    pub price_base: u32,
}

impl Bucket {
    /// Whether it is free because a cap leaves nothing for it. Expenses that bill cost at least what was spent.
    pub fn is_beyond_cap(self) -> bool {
        self.kind == LineKind::OverDelivery
            || (self.kind == LineKind::Expenses && self.rate.value().is_zero())
    }

    /// Whether it is spend that bills.
    pub(super) fn bills_spend(self) -> bool {
        self.kind == LineKind::Expenses && !self.is_beyond_cap()
    }

    /// What so many units of it are worth, exactly.
    pub(crate) fn worth(self, units: Decimal, currency: Currency) -> Result<Exact, MoneyError> {
        let quantity = Quantity::of(units.abs()).map_err(|_| MoneyError::Overflow)?;
        let worth = per_base(self.rate.times(quantity, currency)?.amount(), self.price_base)?;
        Ok(Exact::of(currency, if units.is_sign_negative() { -worth } else { worth }))
    }
}

/// The price of one where `amount` is the price of so many, exactly.
pub(super) fn per_base(amount: Decimal, price_base: u32) -> Result<Decimal, MoneyError> {
    let zeros = price_base.ilog10();
    if 10_u32.pow(zeros) != price_base {
        return Err(MoneyError::Overflow);
    }
    Decimal::try_from_i128_with_scale(amount.mantissa(), amount.scale() + zeros)
        .map_err(|_| MoneyError::Overflow)
}

/// The price of what is free.
pub(super) fn free() -> Rate {
    Rate::of(Decimal::ZERO).expect("nothing is a price")
}
