//! Amounts that can be billed, paid and posted.

use std::cmp::Ordering;
use std::fmt;

use rust_decimal::Decimal;

use crate::{Currency, MoneyError, ParseAmountError, Percent, Rounding, decimal};

/// One more than the largest amount, in minor units: 28 digits. The bound is the same on both sides of zero.
const BOUND: i128 = 10_i128.pow(28);

/// An amount in the minor units of its currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    currency: Currency,
    minor: i128,
}

impl Money {
    /// Reads `-?digits[.digits]` with at most the currency's decimals.
    pub fn parse(currency: Currency, text: &str) -> Result<Self, ParseAmountError> {
        let (mantissa, scale) = decimal::read(text, currency.minor_units())?;
        let minor = decimal::shifted(mantissa, currency.minor_units() - scale);
        minor.and_then(|minor| Self::of_minor(currency, minor)).map_err(|_| ParseAmountError::TooManyDigits)
    }

    /// The amount, if it has no part smaller than a minor unit.
    pub fn of(currency: Currency, amount: Decimal) -> Result<Self, ParseAmountError> {
        let (amount, allowed) = (amount.normalize(), currency.minor_units());
        let zeros =
            allowed.checked_sub(amount.scale()).ok_or(ParseAmountError::TooManyDecimals { allowed })?;
        let minor = decimal::shifted(amount.mantissa(), zeros);
        minor.and_then(|minor| Self::of_minor(currency, minor)).map_err(|_| ParseAmountError::TooManyDigits)
    }

    /// Nothing.
    pub fn zero(currency: Currency) -> Self {
        Self { currency, minor: 0 }
    }

    /// The sum of the amounts, zero if there are none.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The amount in the currency's major unit, with exactly its decimals.
    pub fn amount(self) -> Decimal {
        // Within BOUND, whose digits a `Decimal` has.
        Decimal::from_i128_with_scale(self.minor, self.currency.minor_units())
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.currency.same_as(other.currency)?;
        Self::of_minor(self.currency, self.minor + other.minor)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(other.negate())
    }

    /// The same amount the other way.
    #[must_use]
    pub fn negate(self) -> Self {
        self.with_minor(-self.minor)
    }

    /// What is left of the amount after so many percent: R(amount × (1 − p)), rounded once.
    #[must_use]
    pub fn less_percent(self, percent: Percent, rounding: Rounding) -> Self {
        let percent = percent.value();
        let whole = 100 * 10_i128.pow(percent.scale());
        // At most 28 digits of the amount and 9 of the percent: a product that `i128` has.
        self.with_minor(rounding.quotient(self.minor * (whole - percent.mantissa()), whole))
    }

    /// Which amount is more. There is no order across currencies, so there is no `Ord`.
    pub fn compare(self, other: Self) -> Result<Ordering, MoneyError> {
        self.currency.same_as(other.currency)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// Nothing is owed either way.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Above zero.
    pub fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Below zero.
    pub fn is_negative(self) -> bool {
        self.minor < 0
    }

    pub(crate) fn minor(self) -> i128 {
        self.minor
    }

    /// An amount that is no further from zero than this one.
    pub(crate) fn with_minor(self, minor: i128) -> Self {
        Self { minor, ..self }
    }

    pub(crate) fn of_minor(currency: Currency, minor: i128) -> Result<Self, MoneyError> {
        if -BOUND < minor && minor < BOUND { Ok(Self { currency, minor }) } else { Err(MoneyError::Overflow) }
    }
}

/// The amount with exactly the currency's decimals: `10000.00`, `-0.05`, never `-0.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.amount(), f)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", self.currency)
    }
}
