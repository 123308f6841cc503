//! Currencies in which one can bill.

use std::fmt;

use crate::{MoneyError, ParseCurrencyError};

/// A currency of ISO 4217 that has minor units; gold, test codes and "no currency" are none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    listed: iso_currency::Currency,
    minor_units: u16,
}

impl Currency {
    /// Reads an alphabetic code: three capital letters, such as `USD`.
    pub fn parse(code: &str) -> Result<Self, ParseCurrencyError> {
        let listed = iso_currency::Currency::from_code(code).ok_or(ParseCurrencyError)?;
        // The list reads other spellings too; one currency has one code.
        if listed.code() != code {
            return Err(ParseCurrencyError);
        }
        listed.exponent().map(|minor_units| Self { listed, minor_units }).ok_or(ParseCurrencyError)
    }

    /// The alphabetic code.
    pub fn code(self) -> &'static str {
        self.listed.code()
    }

    /// How many decimals an amount has: JPY 0, USD 2, KWD 3.
    pub fn minor_units(self) -> u32 {
        u32::from(self.minor_units)
    }

    /// Amounts of two currencies have no sum and no order.
    pub(crate) fn same_as(self, other: Self) -> Result<(), MoneyError> {
        if self == other { Ok(()) } else { Err(MoneyError::CurrencyMismatch { left: self, right: other }) }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
