//! What can be wrong with an amount. The messages are the rest of a sentence about a field.

use crate::Currency;

/// The text or number is not such an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseAmountError {
    /// Not the grammar `-?digits[.digits]`.
    #[error("is not a decimal number: digits, optionally a point and more digits, such as 1250.00")]
    NotADecimal,
    /// More decimals than the currency's minor units, or than such a number has. Never cut off: the sender means something by them.
    #[error("has too many decimals: {allowed} are allowed")]
    TooManyDecimals {
        /// How many there may be.
        allowed: u32,
    },
    /// More digits than can be calculated with exactly.
    #[error("has too many digits: 28 are allowed, decimals included")]
    TooManyDigits,
    /// Below zero where nothing is.
    #[error("must not be negative")]
    Negative,
    /// A percentage above the whole.
    #[error("must not be above 100 percent")]
    AboveHundred,
}

/// The text is not a currency in which anybody is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a currency: three capital letters of ISO 4217, such as USD")]
pub struct ParseCurrencyError;

/// The amounts do not go together, or the result does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies in one sum.
    #[error("{left} and {right} do not add up: amounts of two currencies")]
    CurrencyMismatch {
        /// The currency of the left amount.
        left: Currency,
        /// The currency of the right amount.
        right: Currency,
    },
    /// The exact result has more than 28 digits.
    #[error("the amount is too large to be calculated exactly")]
    Overflow,
    /// There is nothing to allocate by: a negative weight, or none above zero.
    #[error("the amount cannot be allocated: weights must not be negative, and not all zero")]
    NoWeight,
}
