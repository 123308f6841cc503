//! The fiscal year of a business, and the twelve months that it has.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::{BillingCalendar, Days, Month};

/// Twelve months that follow each other with no gap and no overlap, and the years that they make up.
///
/// A month bears the name of the Gregorian month whose place it has: the last one of a year has the name of the month in
/// which the year ends, even where it runs a few days into the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FiscalCalendar {
    months: FiscalMonths,
    last_month: i8,
    year_name: YearName,
}

/// Which days the months of a fiscal year have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FiscalMonths {
    /// The months of the Gregorian calendar.
    Calendar,
    /// Those of [`BillingCalendar::BroadcastMonth`].
    Broadcast,
    /// Whole weeks, 52 or 53 a year.
    Weeks(FiscalWeeks),
}

/// A year of whole weeks in four quarters of the same pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FiscalWeeks {
    pattern: WeekPattern,
    last_day: Weekday,
    year_end: YearEnd,
    long_month: i8,
}

/// How many weeks the three months of a quarter have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WeekPattern {
    FourFourFive,
    FourFiveFour,
    FiveFourFour,
}

/// On which of its weekdays a year of weeks ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum YearEnd {
    /// The last one in the last month.
    Last,
    /// The one nearest to the end of the last month, up to three days after it.
    Nearest,
}

/// After which Gregorian year a fiscal year is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum YearName {
    /// The year of its first month's name.
    Begins,
    /// The year of its last month's name.
    Ends,
}

/// It is not a month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a month of the year, 1 to 12")]
pub struct NoMonthOfYear;

fn month_of_year(month: i8) -> Result<i8, NoMonthOfYear> {
    if (1..=12).contains(&month) { Ok(month) } else { Err(NoMonthOfYear) }
}

impl FiscalWeeks {
    /// Weeks that end on `last_day`. `long_month` of the fiscal year, 1 to 12, has a week more where a year has 53.
    pub fn new(
        pattern: WeekPattern,
        last_day: Weekday,
        year_end: YearEnd,
        long_month: i8,
    ) -> Result<Self, NoMonthOfYear> {
        Ok(Self { pattern, last_day, year_end, long_month: month_of_year(long_month)? })
    }

    /// How many weeks the months of a quarter have.
    pub fn pattern(self) -> WeekPattern {
        self.pattern
    }

    /// The last day of each week.
    pub fn last_day(self) -> Weekday {
        self.last_day
    }

    /// On which of them a year ends.
    pub fn year_end(self) -> YearEnd {
        self.year_end
    }

    /// Which month of the fiscal year, 1 to 12, takes the 53rd week.
    pub fn long_month(self) -> i8 {
        self.long_month
    }

    /// The week in which the day is.
    pub(crate) fn week_of(self, day: Date) -> Days {
        let since_first = day.weekday().since(self.last_day.next());
        let first = day.saturating_sub(since_first.days());
        Days::new(first, day.saturating_add((6 - since_first).days())).expect("the day is in its week")
    }

    /// The last day of the year that ends in or beside the month; at the end of time, the last day that there is.
    fn last_of_year(self, last_month: Month) -> Date {
        let end = last_month.last_day();
        if Month::of(end) != last_month {
            return end;
        }
        let since = end.weekday().since(self.last_day);
        match self.year_end {
            YearEnd::Nearest if since > 3 => end.saturating_add((7 - since).days()),
            YearEnd::Nearest | YearEnd::Last => end.saturating_sub(since.days()),
        }
    }

    fn year(self, last_month: Month) -> Days {
        let before = Month::new(last_month.year().saturating_sub(1), last_month.month());
        let first = before.map_or(Date::MIN, |before| self.last_of_year(before).saturating_add(1.day()));
        let last = self.last_of_year(last_month);
        Days::new(first, last.max(first)).expect("ends on its first day at the earliest")
    }

    /// The days of each month of a year, the last one up to the year's last day.
    fn months(self, year: Days) -> [Days; 12] {
        let long = year.count() > 52 * 7;
        let mut first = year.first();
        std::array::from_fn(|place| {
            let is_long = long && usize::try_from(self.long_month) == Ok(place + 1);
            let weeks = self.pattern.weeks()[place % 3] + i64::from(is_long);
            let end = first.saturating_add((7 * weeks - 1).days());
            let last = if place == 11 { year.last().max(first) } else { end };
            let days = Days::new(first, last).expect("a month has its first day");
            first = last.saturating_add(1.day());
            days
        })
    }
}

impl WeekPattern {
    fn weeks(self) -> [i64; 3] {
        match self {
            Self::FourFourFive => [4, 4, 5],
            Self::FourFiveFour => [4, 5, 4],
            Self::FiveFourFour => [5, 4, 4],
        }
    }
}

impl FiscalCalendar {
    /// The months of the Gregorian calendar in the Gregorian year.
    pub const GREGORIAN: Self =
        Self { months: FiscalMonths::Calendar, last_month: 12, year_name: YearName::Ends };

    /// A year that ends with `last_month`, 1 to 12.
    pub fn new(months: FiscalMonths, last_month: i8, year_name: YearName) -> Result<Self, NoMonthOfYear> {
        Ok(Self { months, last_month: month_of_year(last_month)?, year_name })
    }

    /// Which days its months have.
    pub fn months(self) -> FiscalMonths {
        self.months
    }

    /// The Gregorian month, 1 to 12, with whose name a year ends.
    pub fn last_month(self) -> i8 {
        self.last_month
    }

    /// After which year a fiscal year is called.
    pub fn year_name(self) -> YearName {
        self.year_name
    }

    /// The month of a day.
    pub fn month_of(self, day: Date) -> Month {
        match self.months {
            FiscalMonths::Calendar => BillingCalendar::CalendarMonth.month_of(day),
            FiscalMonths::Broadcast => BillingCalendar::BroadcastMonth.month_of(day),
            FiscalMonths::Weeks(weeks) => {
                let last_month = self.last_month_of(weeks, day);
                let months = weeks.months(weeks.year(last_month));
                let later = months.iter().skip(1).filter(|days| days.first() <= day).count();
                (later..11).fold(last_month, |month, _| month.previous())
            }
        }
    }

    /// The days of a month.
    pub fn days_of(self, month: Month) -> Days {
        match self.months {
            FiscalMonths::Calendar => BillingCalendar::CalendarMonth.days_of(month),
            FiscalMonths::Broadcast => BillingCalendar::BroadcastMonth.days_of(month),
            FiscalMonths::Weeks(weeks) => {
                let last_month = self.last_month_after(month);
                let left = (last_month.month() - month.month()).rem_euclid(12);
                let place = usize::try_from(11 - left).expect("there are at most 11 months left of a year");
                weeks.months(weeks.year(last_month))[place]
            }
        }
    }

    /// The fiscal year of a month, by the year after which it is called.
    pub fn year_of(self, month: Month) -> i16 {
        let last_month = self.last_month_after(month);
        match self.year_name {
            YearName::Ends => last_month.year(),
            YearName::Begins => (0..11).fold(last_month, |month, _| month.previous()).year(),
        }
    }

    /// The last month of the year that the month belongs to.
    fn last_month_after(self, month: Month) -> Month {
        let left = (self.last_month - month.month()).rem_euclid(12);
        (0..left).fold(month, |month, _| month.next())
    }

    /// The last month of the year of weeks that the day belongs to.
    fn last_month_of(self, weeks: FiscalWeeks, day: Date) -> Month {
        // A year may end a few days into the next month, and so begin a few days into it.
        let first_guess = self.last_month_after(Month::of(day).previous());
        if weeks.last_of_year(first_guess) >= day {
            return first_guess;
        }
        self.last_month_after(first_guess.next())
    }
}
