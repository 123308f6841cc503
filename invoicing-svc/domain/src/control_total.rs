//! What a sender says that a batch holds, to be held against what arrived.

use std::fmt;

use money::ParseAmountError;
use rust_decimal::Decimal;

/// The digits of one number, as everywhere: all numbers of so many digits fit a `Decimal`.
const MOST_DIGITS: usize = 28;

/// A sum of decimals as they were sent, whatever their currency and their sign. It is exact or it is none: 38 digits.
#[derive(Clone, Copy, Debug, Default)]
pub struct ControlTotal {
    mantissa: i128,
    scale: u32,
}

impl ControlTotal {
    /// Reads `-?digits[.digits]`, at most 28 digits.
    pub fn parse(text: &str) -> Result<Self, ParseAmountError> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = || whole.bytes().chain(fraction.bytes());
        if whole.is_empty() || unsigned.ends_with('.') || !digits().all(|digit| digit.is_ascii_digit()) {
            return Err(ParseAmountError::NotADecimal);
        }
        if digits().count() > MOST_DIGITS {
            return Err(ParseAmountError::TooManyDigits);
        }
        let number = Decimal::from_str_exact(text).map_err(|_| ParseAmountError::TooManyDigits)?;
        Ok(Self::of(number))
    }

    /// A number that is exact already.
    pub fn of(number: Decimal) -> Self {
        Self { mantissa: number.mantissa(), scale: number.scale() }
    }

    /// The sum; `None` when it has too many digits.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let mantissa = self.at(scale)?.checked_add(other.at(scale)?)?;
        Some(Self { mantissa, scale })
    }

    /// The difference; `None` when it has too many digits.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { mantissa: -other.mantissa, ..other })
    }

    /// Nothing.
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    fn at(self, scale: u32) -> Option<i128> {
        10_i128.checked_pow(scale - self.scale)?.checked_mul(self.mantissa)
    }
}

/// With as many decimals as the longest of its parts, so that 6235.00 is said as it was sent.
impl fmt::Display for ControlTotal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let one = 10_u128.checked_pow(self.scale).ok_or(fmt::Error)?;
        let (whole, fraction) = (self.mantissa.unsigned_abs() / one, self.mantissa.unsigned_abs() % one);
        if self.scale == 0 {
            return write!(f, "{sign}{whole}");
        }
        let width = usize::try_from(self.scale).map_err(|_| fmt::Error)?;
        write!(f, "{sign}{whole}.{fraction:0width$}")
    }
}
