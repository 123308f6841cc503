//! Products before they are rounded. Rounding every product and then adding them up is how cents get lost.

use std::fmt;

use rust_decimal::Decimal;

use crate::{Currency, Money, MoneyError, Rounding, decimal};

/// An amount with every decimal that it has. Only [`round`](Self::round) makes it billable.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exact {
    currency: Currency,
    amount: Decimal,
}

impl Exact {
    /// An exact amount.
    pub fn of(currency: Currency, amount: Decimal) -> Self {
        Self { currency, amount }
    }

    /// Nothing, to add to.
    pub fn zero(currency: Currency) -> Self {
        Self::of(currency, Decimal::ZERO)
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The amount, in the currency's major unit.
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// The exact sum.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.currency.same_as(other.currency)?;
        let scale = self.amount.scale().max(other.amount.scale());
        let (left, right) = (decimal::rescaled(self.amount, scale)?, decimal::rescaled(other.amount, scale)?);
        let sum = left.checked_add(right).ok_or(MoneyError::Overflow)?;
        decimal::decimal(sum, scale).map(|amount| Self::of(self.currency, amount))
    }

    /// The amount in minor units of its currency.
    pub fn round(self, rounding: Rounding) -> Result<Money, MoneyError> {
        let (scale, minor_units) = (self.amount.scale(), self.currency.minor_units());
        let zeros = minor_units.saturating_sub(scale);
        let denominator = decimal::shifted(1, scale.saturating_sub(minor_units))?;
        let minor = rounding.quotient(decimal::shifted(self.amount.mantissa(), zeros)?, denominator);
        Money::of_minor(self.currency, minor)
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} exactly", self.currency, self.amount)
    }
}
