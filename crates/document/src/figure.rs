//! How figures and days are written on the page.

use jiff::civil::Date;

use crate::{Paper, Period, RenderError};

/// Sets thousands apart: `-1250000.50` becomes `-1,250,000.50`.
///
/// # Errors
/// `NotADecimal` where the text is not `-?digits[.digits]`.
pub(crate) fn grouped(decimal: &str) -> Result<String, RenderError> {
    let unsigned = decimal.strip_prefix('-').unwrap_or(decimal);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !fraction.is_none_or(is_digits) {
        return Err(RenderError::NotADecimal(decimal.to_owned()));
    }
    let mut text = String::new();
    if decimal.starts_with('-') {
        text.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    Ok(text)
}

/// `15` or `7.25` with the sign, refused like any other figure.
pub(crate) fn percent(decimal: &str) -> Result<String, RenderError> {
    Ok(format!("{}%", grouped(decimal)?))
}

/// `May 10, 2020` on Letter, `10 May 2020` on A4.
pub(crate) fn day(paper: Paper, date: Date) -> String {
    match paper {
        Paper::Letter => date.strftime("%b %-d, %Y").to_string(),
        Paper::A4 => date.strftime("%-d %b %Y").to_string(),
    }
}

/// The day with its weekday before it, for airings.
pub(crate) fn weekday(paper: Paper, date: Date) -> String {
    format!("{} {}", date.strftime("%a"), day(paper, date))
}

/// First and last day, or the one day that they are; the year stands once where it is the same, and where it is not, each day has its own line.
pub(crate) fn period(paper: Paper, period: Period) -> String {
    let Period { first, last } = period;
    if first == last {
        return day(paper, first);
    }
    if first.year() != last.year() {
        return format!("{} –\n{}", day(paper, first), day(paper, last));
    }
    let start = match paper {
        Paper::Letter => first.strftime("%b %-d"),
        Paper::A4 => first.strftime("%-d %b"),
    };
    format!("{start} – {}", day(paper, last))
}
