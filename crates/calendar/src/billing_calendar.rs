//! Which days a billing month has. The months follow each other with no gap and no overlap, so that every day bills once.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::{Days, FiscalCalendar, FiscalMonths, Month};

/// How days belong to billing months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BillingCalendar {
    /// The months of the Gregorian calendar.
    CalendarMonth,
    /// Weeks Monday to Sunday; a month ends on its last Sunday, so the Sunday of a week decides.
    BroadcastMonth,
    /// The months of a fiscal year.
    Fiscal(FiscalCalendar),
}

impl BillingCalendar {
    /// The billing month of a day.
    pub fn month_of(self, day: Date) -> Month {
        match self {
            Self::CalendarMonth => Month::of(day),
            Self::BroadcastMonth => {
                let until_sunday = (6 - day.weekday().to_monday_zero_offset()).days();
                // The last week that there is has no Sunday; it would be of the month after.
                day.checked_add(until_sunday).map(Month::of).unwrap_or_else(|_| Month::of(day).next())
            }
            Self::Fiscal(fiscal) => fiscal.month_of(day),
        }
    }

    /// The days of a billing month.
    pub fn days_of(self, month: Month) -> Days {
        let days = match self {
            Self::CalendarMonth => Days::new(month.first_day(), month.last_day()),
            Self::BroadcastMonth => {
                Days::new(last_sunday(month.previous()).saturating_add(1.day()), last_sunday(month))
            }
            Self::Fiscal(fiscal) => return fiscal.days_of(month),
        };
        days.expect("a month ends after it begins")
    }

    /// The week of a day: that of the calendar's own weeks where its months are made of them, else Monday to Sunday.
    pub fn week_of(self, day: Date) -> Days {
        match self {
            Self::CalendarMonth | Self::BroadcastMonth => Days::week_of(day),
            Self::Fiscal(fiscal) => match fiscal.months() {
                FiscalMonths::Calendar | FiscalMonths::Broadcast => Days::week_of(day),
                FiscalMonths::Weeks(weeks) => weeks.week_of(day),
            },
        }
    }

    /// The month whose billing takes a period, of whatever cycle: the month of its last day.
    pub fn month_of_period(self, period: Days) -> Month {
        self.month_of(period.last())
    }

    /// The period is over by the end of the month, so a run of that month takes it.
    pub fn ends_by(self, period: Days, month: Month) -> bool {
        self.month_of_period(period) <= month
    }
}

/// The last Sunday of a Gregorian month; beyond the year 9999 the last day that there is.
fn last_sunday(month: Month) -> Date {
    let last = month.last_day();
    if Month::of(last) != month {
        return last;
    }
    last.saturating_sub(last.weekday().to_sunday_zero_offset().days())
}
