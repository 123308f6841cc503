//! Business days: clocks of disputes and approvals stop on the others.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// The days on which nobody works, besides Saturdays and Sundays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays(BTreeSet<Date>);

impl Holidays {
    /// The day is neither a Saturday, a Sunday nor a holiday.
    pub fn is_business_day(&self, day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.0.contains(&day)
    }

    /// The `count`-th business day after the day, which does not count itself; the day for a count of 0.
    ///
    /// `None` past the year 9999.
    pub fn add_business_days(&self, day: Date, count: u32) -> Option<Date> {
        let mut later = day.series(1.day()).skip(1).filter(|day| self.is_business_day(*day));
        (0..count).try_fold(day, |_, _| later.next())
    }
}

impl FromIterator<Date> for Holidays {
    fn from_iter<I: IntoIterator<Item = Date>>(days: I) -> Self {
        Self(days.into_iter().collect())
    }
}
