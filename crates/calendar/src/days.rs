//! Days from a first to a last.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

/// Days from the first to the last, both inside; at least one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days {
    first: Date,
    last: Date,
}

/// The days end before they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must not end on {last}, before the first day {first}")]
pub struct LastBeforeFirst {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

impl Days {
    /// The days from `first` to `last`.
    pub fn new(first: Date, last: Date) -> Result<Self, LastBeforeFirst> {
        if first <= last { Ok(Self { first, last }) } else { Err(LastBeforeFirst { first, last }) }
    }

    /// The week, Monday to Sunday, in which the day is.
    pub fn week_of(day: Date) -> Self {
        let since_monday = day.weekday().to_monday_zero_offset();
        let first = day.saturating_sub(since_monday.days());
        Self { first, last: day.saturating_add((6 - since_monday).days()) }
    }

    /// The first day.
    pub fn first(self) -> Date {
        self.first
    }

    /// The last day.
    pub fn last(self) -> Date {
        self.last
    }

    /// How many days, at least 1.
    pub fn count(self) -> u64 {
        self.first.duration_until(self.last).as_hours().unsigned_abs() / 24 + 1
    }

    /// The day is one of them.
    pub fn contains(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }

    /// The days that are in both.
    pub fn intersect(self, other: Self) -> Option<Self> {
        Self::new(self.first.max(other.first), self.last.min(other.last)).ok()
    }

    /// Every day, in order.
    pub fn iter(self) -> impl Iterator<Item = Date> {
        self.first.series(1.day()).take_while(move |day| *day <= self.last)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.first, self.last)
    }
}

impl fmt::Debug for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
