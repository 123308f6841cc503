//! Fiscal years as published by who keeps them, and what holds of all of them.

#![allow(clippy::unwrap_used)]

use calendar::{
    BillingCalendar, BillingCycle, Days, FiscalCalendar, FiscalMonths, FiscalWeeks, Month, WeekPattern,
    YearEnd, YearName,
};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;

use WeekPattern::{FiveFourFour, FourFiveFour, FourFourFive};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn days(first: &str, last: &str) -> Days {
    Days::new(day(first), day(last)).unwrap()
}

fn weeks(
    pattern: WeekPattern,
    (last_day, year_end, last_month): (Weekday, YearEnd, i8),
    (long_month, name): (i8, YearName),
) -> FiscalCalendar {
    let weeks = FiscalWeeks::new(pattern, last_day, year_end, long_month).unwrap();
    FiscalCalendar::new(FiscalMonths::Weeks(weeks), last_month, name).unwrap()
}

/// National Retail Federation, 4-5-4 calendar: ends on the Saturday nearest to 31 January; January takes the 53rd week;
/// called after the year in which it begins.
fn retail() -> FiscalCalendar {
    weeks(FourFiveFour, (Weekday::Saturday, YearEnd::Nearest, 1), (12, YearName::Begins))
}

/// Apple Inc., Form 10-K for 2017 and 2023: ends on the last Saturday of September; the first quarter takes the 53rd week.
fn last_saturday_of_september() -> FiscalCalendar {
    weeks(FourFourFive, (Weekday::Saturday, YearEnd::Last, 9), (3, YearName::Ends))
}

/// The Walt Disney Company, Form 10-K for 2020: ends on the Saturday closest to 30 September; the fourth quarter takes
/// the 53rd week.
fn nearest_to_september() -> FiscalCalendar {
    weeks(FiveFourFour, (Weekday::Saturday, YearEnd::Nearest, 9), (12, YearName::Ends))
}

/// A fiscal year from its first day to its last.
fn year(calendar: FiscalCalendar, last_month: &str) -> Days {
    let last = month(last_month);
    let first = (0..11).fold(last, |month, _| month.previous());
    Days::new(calendar.days_of(first).first(), calendar.days_of(last).last()).unwrap()
}

#[test]
fn fiscal_years_are_those_that_were_published() {
    for (calendar, last_month, first, last, weeks, name) in [
        // https://nrf.com/resources/4-5-4-calendar, the calendars of 2016 to 2024.
        (retail(), "2017-01", "2016-01-31", "2017-01-28", 52, 2016),
        (retail(), "2018-01", "2017-01-29", "2018-02-03", 53, 2017),
        (retail(), "2019-01", "2018-02-04", "2019-02-02", 52, 2018),
        (retail(), "2023-01", "2022-01-30", "2023-01-28", 52, 2022),
        (retail(), "2024-01", "2023-01-29", "2024-02-03", 53, 2023),
        (retail(), "2025-01", "2024-02-04", "2025-02-01", 52, 2024),
        // Apple's annual reports on Form 10-K.
        (last_saturday_of_september(), "2016-09", "2015-09-27", "2016-09-24", 52, 2016),
        (last_saturday_of_september(), "2017-09", "2016-09-25", "2017-09-30", 53, 2017),
        (last_saturday_of_september(), "2022-09", "2021-09-26", "2022-09-24", 52, 2022),
        (last_saturday_of_september(), "2023-09", "2022-09-25", "2023-09-30", 53, 2023),
        (last_saturday_of_september(), "2024-09", "2023-10-01", "2024-09-28", 52, 2024),
        // Disney's annual reports on Form 10-K.
        (nearest_to_september(), "2019-09", "2018-09-30", "2019-09-28", 52, 2019),
        (nearest_to_september(), "2020-09", "2019-09-29", "2020-10-03", 53, 2020),
        (nearest_to_september(), "2021-09", "2020-10-04", "2021-10-02", 52, 2021),
    ] {
        assert_eq!(year(calendar, last_month), days(first, last), "{last_month}");
        assert_eq!(days(first, last).count(), weeks * 7);
        assert_eq!(calendar.year_of(month(last_month)), name);
        assert_eq!(calendar.month_of(day(last)), month(last_month));
        assert_eq!(calendar.month_of(day(first)).previous(), month(last_month).previous_year());
    }
}

trait PreviousYear {
    fn previous_year(self) -> Month;
}

impl PreviousYear for Month {
    fn previous_year(self) -> Month {
        Month::new(self.year() - 1, self.month()).unwrap()
    }
}

/// National Retail Federation, 4-5-4 calendar 2023: twelve months, the last one with five weeks.
#[test]
fn retail_months_of_2023_are_those_of_the_federation() {
    for (name, first, last) in [
        ("2023-02", "2023-01-29", "2023-02-25"),
        ("2023-03", "2023-02-26", "2023-04-01"),
        ("2023-04", "2023-04-02", "2023-04-29"),
        ("2023-05", "2023-04-30", "2023-05-27"),
        ("2023-06", "2023-05-28", "2023-07-01"),
        ("2023-07", "2023-07-02", "2023-07-29"),
        ("2023-08", "2023-07-30", "2023-08-26"),
        ("2023-09", "2023-08-27", "2023-09-30"),
        ("2023-10", "2023-10-01", "2023-10-28"),
        ("2023-11", "2023-10-29", "2023-11-25"),
        ("2023-12", "2023-11-26", "2023-12-30"),
        ("2024-01", "2023-12-31", "2024-02-03"),
        ("2024-02", "2024-02-04", "2024-03-02"),
    ] {
        assert_eq!(retail().days_of(month(name)), days(first, last), "{name}");
        assert_eq!(retail().month_of(day(first)), month(name));
        assert_eq!(retail().month_of(day(last)), month(name));
    }
}

/// The quarters of Apple's fiscal 2023 (Forms 10-Q): 14, 13, 13 and 13 weeks.
#[test]
fn the_53rd_week_is_in_the_month_that_is_said_to_take_it() {
    for (name, last, weeks) in [
        ("2022-12", "2022-12-31", 6),
        ("2023-03", "2023-04-01", 5),
        ("2023-06", "2023-07-01", 5),
        ("2023-09", "2023-09-30", 5),
    ] {
        let days = last_saturday_of_september().days_of(month(name));
        assert_eq!((days.last(), days.count()), (day(last), weeks * 7), "{name}");
    }
}

#[test]
fn a_year_of_months_may_begin_with_any_of_them() {
    let april = FiscalCalendar::new(FiscalMonths::Calendar, 3, YearName::Begins).unwrap();
    for (name, year) in [("2024-03", 2023), ("2024-04", 2024), ("2024-12", 2024), ("2025-03", 2024)] {
        assert_eq!(april.year_of(month(name)), year, "{name}");
    }
    assert_eq!(FiscalCalendar::GREGORIAN.year_of(month("2024-12")), 2024);
    let broadcast = FiscalCalendar::new(FiscalMonths::Broadcast, 12, YearName::Ends).unwrap();
    assert_eq!(broadcast.days_of(month("2020-01")), days("2019-12-30", "2020-01-26"));
    assert_eq!(broadcast.month_of(day("2019-12-30")), month("2020-01"));
}

#[test]
fn a_year_has_twelve_months() {
    for no_month in [0, 13] {
        assert!(FiscalCalendar::new(FiscalMonths::Calendar, no_month, YearName::Ends).is_err());
        assert!(FiscalWeeks::new(FourFourFive, Weekday::Sunday, YearEnd::Last, no_month).is_err());
    }
}

/// A weekly order of an entity whose weeks end on Saturday is billed by these weeks, so that none is in two months.
#[test]
fn weeks_are_those_of_the_calendar() {
    let retail = BillingCalendar::Fiscal(retail());
    let period = BillingCycle::Weekly.period_of(retail, day("2023-12-31"), day("2023-02-26"));
    assert_eq!(period, days("2023-02-26", "2023-03-04"));
    assert_eq!(retail.month_of_period(days("2023-02-19", "2023-02-25")), month("2023-02"));
    let gregorian = BillingCalendar::Fiscal(FiscalCalendar::GREGORIAN);
    assert_eq!(gregorian.week_of(day("2023-02-26")), days("2023-02-20", "2023-02-26"));
}

#[test]
fn the_last_days_that_there_are_belong_to_a_month_too() {
    for calendar in [retail(), last_saturday_of_september(), nearest_to_september()] {
        for ago in 0..800_i64 {
            let day = Date::MAX.saturating_sub(ago.days());
            assert!(calendar.days_of(calendar.month_of(day)).contains(day), "{calendar:?} {day}");
        }
    }
}

fn any_calendar() -> impl Strategy<Value = FiscalCalendar> {
    let pattern = prop::sample::select(vec![FourFourFive, FourFiveFour, FiveFourFour]);
    let last_day = (0..7_i8).prop_map(|offset| Weekday::from_monday_zero_offset(offset).unwrap());
    let year_end = prop::sample::select(vec![YearEnd::Last, YearEnd::Nearest]);
    (pattern, last_day, year_end, 1..=12_i8, 1..=12_i8).prop_map(
        |(pattern, last_day, year_end, last, long)| {
            weeks(pattern, (last_day, year_end, last), (long, YearName::Ends))
        },
    )
}

proptest! {
    #[test]
    fn months_tile_the_days(calendar in any_calendar(), since in 0..90_000_i64) {
        let day = date(1900, 1, 1).saturating_add(since.days());
        let month = calendar.month_of(day);
        let days = calendar.days_of(month);
        prop_assert!(days.contains(day));
        prop_assert_eq!(calendar.days_of(month.next()).first(), days.last().tomorrow().unwrap());
        prop_assert!(days.iter().all(|day| calendar.month_of(day) == month));
        prop_assert!([28, 35, 42].contains(&days.count()));
        let year = calendar.year_of(month);
        prop_assert!((calendar.year_of(month.next()) == year) == (month.month() != calendar.last_month()));
    }

    #[test]
    fn periods_tile_the_days(calendar in any_calendar(), since in 0..90_000_i64) {
        let (calendar, day) = (BillingCalendar::Fiscal(calendar), date(1900, 1, 1).saturating_add(since.days()));
        for cycle in [BillingCycle::EndOfMonth, BillingCycle::EndOfMonthOrContract, BillingCycle::Weekly] {
            let contract_last = day.saturating_add(9.days());
            let period = cycle.period_of(calendar, contract_last, day);
            prop_assert!(period.iter().all(|day| cycle.period_of(calendar, contract_last, day) == period));
            prop_assert!(period.iter().all(|day| calendar.month_of(day) == calendar.month_of_period(period)));
        }
    }
}
