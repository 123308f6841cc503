//! FiscalCalendar ↔ calendar.

use billing_proto::{billing::invoicing::v1 as pb, google::r#type::DayOfWeek};
use calendar::{FiscalCalendar, FiscalMonths, FiscalWeeks, WeekPattern, YearEnd, YearName};
use jiff::civil::Weekday;
use refusal::Violations;

use super::choice::{choice, given, optional_choice};

/// The fiscal calendar that a message describes; the Gregorian year without one.
pub fn fiscal_calendar(v: &mut Violations, message: Option<&pb::FiscalCalendar>) -> Option<FiscalCalendar> {
    let Some(m) = message else { return Some(FiscalCalendar::GREGORIAN) };
    v.within("fiscal_calendar", |v| {
        let months = months(v, m);
        let last_month = month_of_year(v, "last_month", m.last_month, 12);
        let year_name = optional_choice(v, "year_name", m.year_name).map(|name| match name {
            pb::FiscalYearName::Unspecified | pb::FiscalYearName::Ends => YearName::Ends,
            pb::FiscalYearName::Begins => YearName::Begins,
        });
        let calendar = FiscalCalendar::new(months?, last_month?, year_name?);
        v.take("last_month", calendar)
    })
}

/// A month of the year, 1 to 12; `default` for zero.
pub fn month_of_year(v: &mut Violations, field: &str, value: i32, default: i8) -> Option<i8> {
    let month = if value == 0 { Some(default) } else { i8::try_from(value).ok() };
    v.take(
        field,
        month.filter(|month| (1..=12).contains(month)).ok_or("must be a month of the year, 1 to 12"),
    )
}

fn months(v: &mut Violations, m: &pb::FiscalCalendar) -> Option<FiscalMonths> {
    let pattern = match optional_choice(v, "months", m.months)? {
        pb::FiscalMonths::Unspecified | pb::FiscalMonths::CalendarMonth => {
            return without_weeks(v, m, FiscalMonths::Calendar);
        }
        pb::FiscalMonths::BroadcastMonth => return without_weeks(v, m, FiscalMonths::Broadcast),
        pb::FiscalMonths::Weeks445 => WeekPattern::FourFourFive,
        pb::FiscalMonths::Weeks454 => WeekPattern::FourFiveFour,
        pb::FiscalMonths::Weeks544 => WeekPattern::FiveFourFour,
    };
    let last_day = weekday(v, m.week_last_day);
    let year_end = year_end(v, m.year_end);
    let long_month = month_of_year(v, "long_month", m.long_month, 12);
    let weeks = FiscalWeeks::new(pattern, last_day?, year_end?, long_month?);
    v.take("long_month", weeks).map(FiscalMonths::Weeks)
}

/// Months that are not made of weeks say nothing of them.
fn without_weeks(v: &mut Violations, m: &pb::FiscalCalendar, months: FiscalMonths) -> Option<FiscalMonths> {
    let said = [("week_last_day", m.week_last_day), ("year_end", m.year_end), ("long_month", m.long_month)];
    let wrong: Vec<_> = said.iter().filter(|(_, value)| *value != 0).collect();
    for (field, _) in &wrong {
        v.add(field, "is only of months of weeks");
    }
    wrong.is_empty().then_some(months)
}

fn weekday(v: &mut Violations, value: i32) -> Option<Weekday> {
    let weekday = match choice(v, "week_last_day", value)? {
        DayOfWeek::Unspecified => None,
        DayOfWeek::Monday => Some(Weekday::Monday),
        DayOfWeek::Tuesday => Some(Weekday::Tuesday),
        DayOfWeek::Wednesday => Some(Weekday::Wednesday),
        DayOfWeek::Thursday => Some(Weekday::Thursday),
        DayOfWeek::Friday => Some(Weekday::Friday),
        DayOfWeek::Saturday => Some(Weekday::Saturday),
        DayOfWeek::Sunday => Some(Weekday::Sunday),
    };
    given(v, "week_last_day", weekday)
}

fn year_end(v: &mut Violations, value: i32) -> Option<YearEnd> {
    let end = match choice(v, "year_end", value)? {
        pb::FiscalYearEnd::Unspecified => None,
        pb::FiscalYearEnd::Last => Some(YearEnd::Last),
        pb::FiscalYearEnd::Nearest => Some(YearEnd::Nearest),
    };
    given(v, "year_end", end)
}

/// The calendar as a message.
pub fn fiscal_calendar_message(calendar: FiscalCalendar) -> pb::FiscalCalendar {
    let plain = pb::FiscalCalendar {
        last_month: i32::from(calendar.last_month()),
        year_name: match calendar.year_name() {
            YearName::Begins => pb::FiscalYearName::Begins,
            YearName::Ends => pb::FiscalYearName::Ends,
        }
        .into(),
        ..pb::FiscalCalendar::default()
    };
    match calendar.months() {
        FiscalMonths::Calendar => {
            pb::FiscalCalendar { months: pb::FiscalMonths::CalendarMonth.into(), ..plain }
        }
        FiscalMonths::Broadcast => {
            pb::FiscalCalendar { months: pb::FiscalMonths::BroadcastMonth.into(), ..plain }
        }
        FiscalMonths::Weeks(weeks) => weeks_message(weeks, plain),
    }
}

fn weeks_message(weeks: FiscalWeeks, plain: pb::FiscalCalendar) -> pb::FiscalCalendar {
    pb::FiscalCalendar {
        months: match weeks.pattern() {
            WeekPattern::FourFourFive => pb::FiscalMonths::Weeks445,
            WeekPattern::FourFiveFour => pb::FiscalMonths::Weeks454,
            WeekPattern::FiveFourFour => pb::FiscalMonths::Weeks544,
        }
        .into(),
        week_last_day: i32::from(weeks.last_day().to_monday_one_offset()),
        year_end: match weeks.year_end() {
            YearEnd::Last => pb::FiscalYearEnd::Last,
            YearEnd::Nearest => pb::FiscalYearEnd::Nearest,
        }
        .into(),
        long_month: i32::from(weeks.long_month()),
        ..plain
    }
}
