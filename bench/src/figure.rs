//! Figures without floating point: what is printed is what was counted.

use std::time::Duration;

/// `1234567` as `1,234,567`.
pub fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12.345 s`, or `1.234 ms` below a tenth of a second, or `0.123 µs` below a thousandth.
pub fn seconds(time: Duration) -> String {
    if time < Duration::from_millis(1) {
        let ns = time.as_nanos();
        format!("{}.{:03} µs", ns / 1000, ns % 1000)
    } else if time < Duration::from_millis(100) {
        let us = time.as_micros();
        format!("{}.{:03} ms", us / 1000, us % 1000)
    } else {
        let ms = time.as_millis();
        format!("{}.{:03} s", ms / 1000, ms % 1000)
    }
}

/// How many of these in a second.
pub fn per_second(count: usize, time: Duration) -> u128 {
    let count = u128::try_from(count).unwrap_or(u128::MAX);
    count.saturating_mul(1_000_000) / time.as_micros().max(1)
}

/// A ratio in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(pub u128);

impl Ratio {
    /// One number over another.
    pub fn of(one: u128, other: u128) -> Self {
        Self(one.saturating_mul(1000) / other.max(1))
    }

    /// One time over another.
    pub fn of_times(one: Duration, other: Duration) -> Self {
        Self::of(one.as_micros(), other.as_micros())
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// The one in the middle.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or(Duration::ZERO)
}
