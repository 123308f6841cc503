//! Months as names; which days they have is the matter of a [`BillingCalendar`](crate::BillingCalendar).

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::Days;

/// A month of a year, written `2020-01`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

/// It is not a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a month: four digits of the year, a hyphen and two digits of the month, such as 2020-01")]
pub struct ParseMonthError;

/// Months end before they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must not be {last}, before the first month {first}")]
pub struct LastMonthBeforeFirst {
    /// The first month.
    pub first: Month,
    /// The last month.
    pub last: Month,
}

impl Month {
    /// The month, 1 to 12, of a year, 1 to 9999.
    pub fn new(year: i16, month: i8) -> Result<Self, ParseMonthError> {
        if (1..=9999).contains(&year) && (1..=12).contains(&month) {
            Ok(Self { year, month })
        } else {
            Err(ParseMonthError)
        }
    }

    /// The Gregorian month in which the day is.
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month of the year, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// The month after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year.saturating_add(1), month: 1 },
            month => Self { month: month + 1, ..self },
        }
    }

    /// The month before this one.
    #[must_use]
    pub fn previous(self) -> Self {
        match self.month {
            1 => Self { year: self.year.saturating_sub(1), month: 12 },
            month => Self { month: month - 1, ..self },
        }
    }

    /// The month as the last of several that begin with `first`.
    pub fn not_before(self, first: Self) -> Result<Self, LastMonthBeforeFirst> {
        if first <= self { Ok(self) } else { Err(LastMonthBeforeFirst { first, last: self }) }
    }

    /// The first day of the Gregorian month. Beyond the year 9999 it is the last day that there is.
    pub fn first_day(self) -> Date {
        let beyond = if self.year > 0 { Date::MAX } else { Date::MIN };
        Date::new(self.year, self.month, 1).unwrap_or(beyond)
    }

    /// The last day of the Gregorian month.
    pub fn last_day(self) -> Date {
        self.first_day().last_of_month()
    }

    /// Its days.
    pub fn days(self) -> Days {
        Days::new(self.first_day(), self.last_day()).expect("a month ends after it begins")
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = ParseMonthError;

    fn from_str(text: &str) -> Result<Self, ParseMonthError> {
        let (year, month) = text.split_once('-').ok_or(ParseMonthError)?;
        let number = |part: &str| part.parse::<i16>().map_err(|_| ParseMonthError);
        let month = i8::try_from(number(month)?).map_err(|_| ParseMonthError)?;
        let parsed = Self::new(number(year)?, month)?;
        // Numbers may also be read with a sign or without their zeros; a month has one spelling.
        if parsed.to_string() == text { Ok(parsed) } else { Err(ParseMonthError) }
    }
}
