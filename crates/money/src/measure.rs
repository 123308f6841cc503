//! What amounts are made from. Each is written in one way only (no zeros at the end), so that equal is equal in a digest.

use std::fmt;

use rust_decimal::Decimal;

use crate::{Currency, Exact, MoneyError, ParseAmountError, decimal};

macro_rules! measure {
    ($(#[$about:meta])* $name:ident, $decimals:literal decimals $(, at most $most:literal)?) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Decimal);

        impl $name {
            /// Reads `digits[.digits]`.
            pub fn parse(text: &str) -> Result<Self, ParseAmountError> {
                let (mantissa, scale) = decimal::read(text, $decimals)?;
                Self::of(Decimal::from_i128_with_scale(mantissa, scale))
            }

            /// The number, if it is in range without a digit lost.
            pub fn of(number: Decimal) -> Result<Self, ParseAmountError> {
                let number = number.normalize();
                if number.mantissa() < 0 {
                    return Err(ParseAmountError::Negative);
                }
                if number.scale() > $decimals {
                    return Err(ParseAmountError::TooManyDecimals { allowed: $decimals });
                }
                $(if number > Decimal::from($most) {
                    return Err(ParseAmountError::AboveHundred);
                })?
                Ok(Self(number))
            }

            /// The number.
            pub fn value(self) -> Decimal {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

measure! {
    /// A price per unit, in the currency of its order: not negative, up to 12 decimals.
    Rate, 12 decimals
}

measure! {
    /// How many units: spots, days, hours, thousands of impressions. Not negative, up to 6 decimals.
    Quantity, 6 decimals
}

measure! {
    /// Parts of a hundred, 0 to 100, up to 6 decimals: a commission, a tax rate.
    Percent, 6 decimals, at most 100
}

impl Rate {
    /// The price of so many units, with every decimal that it has.
    pub fn times(self, quantity: Quantity, currency: Currency) -> Result<Exact, MoneyError> {
        let (rate, quantity) = (self.0, quantity.0);
        let mantissa = rate.mantissa().checked_mul(quantity.mantissa()).ok_or(MoneyError::Overflow)?;
        decimal::decimal(mantissa, rate.scale() + quantity.scale()).map(|amount| Exact::of(currency, amount))
    }
}
