//! Decimals as whole numbers and a scale. The operators of `rust_decimal` round when digits run out, so nothing here
//! uses them: mantissas are `i128`, and what does not fit is an error.

use rust_decimal::Decimal;

use crate::{MoneyError, ParseAmountError};

/// The digits of an amount, before and after the point: every number of so many digits fits a `Decimal`.
pub(crate) const MAX_DIGITS: usize = 28;

/// Reads `-?digits[.digits]` with at most `allowed` decimals as a mantissa and its scale.
pub(crate) fn read(text: &str, allowed: u32) -> Result<(i128, u32), ParseAmountError> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        None => (unsigned, ""),
        Some((_, "")) => return Err(ParseAmountError::NotADecimal),
        Some(parts) => parts,
    };
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|digit| digit.is_ascii_digit()) {
        return Err(ParseAmountError::NotADecimal);
    }
    let scale = u32::try_from(fraction.len()).map_err(|_| ParseAmountError::TooManyDigits)?;
    if scale > allowed {
        return Err(ParseAmountError::TooManyDecimals { allowed });
    }
    if whole.len() + fraction.len() > MAX_DIGITS {
        return Err(ParseAmountError::TooManyDigits);
    }
    let digits = whole.bytes().chain(fraction.bytes());
    let mantissa = digits.fold(0, |mantissa: i128, digit| mantissa * 10 + i128::from(digit - b'0'));
    Ok((if text.starts_with('-') { -mantissa } else { mantissa }, scale))
}

/// The number as a mantissa of the given scale, which is at least its own.
pub(crate) fn rescaled(number: Decimal, scale: u32) -> Result<i128, MoneyError> {
    let zeros = scale.checked_sub(number.scale()).ok_or(MoneyError::Overflow)?;
    shifted(number.mantissa(), zeros)
}

/// The mantissa with so many more zeros.
pub(crate) fn shifted(mantissa: i128, zeros: u32) -> Result<i128, MoneyError> {
    let factor = 10_i128.checked_pow(zeros).ok_or(MoneyError::Overflow)?;
    mantissa.checked_mul(factor).ok_or(MoneyError::Overflow)
}

/// The number of this mantissa and scale, exactly.
pub(crate) fn decimal(mantissa: i128, scale: u32) -> Result<Decimal, MoneyError> {
    Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| MoneyError::Overflow)
}
