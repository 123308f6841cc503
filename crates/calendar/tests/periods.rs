//! Every day bills once, and as the stations of 2020 billed it.

#![allow(clippy::unwrap_used)]

use calendar::{BillingCalendar, BillingCycle, Days, Month};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use BillingCalendar::{BroadcastMonth, CalendarMonth};
use BillingCycle::{EndOfMonth, EndOfMonthOrContract, Weekly};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn days(first: &str, last: &str) -> Days {
    Days::new(day(first), day(last)).unwrap()
}

/// The widest period of each invoice month in station invoices of 2020 from the FCC public inspection files.
/// (The June invoices at hand end on 8 June; the whole month ends on 28 June.)
#[test]
fn broadcast_months_are_those_of_the_stations() {
    for (name, first, last) in [
        ("2019-12", "2019-11-25", "2019-12-29"),
        ("2020-01", "2019-12-30", "2020-01-26"),
        ("2020-02", "2020-01-27", "2020-02-23"),
        ("2020-03", "2020-02-24", "2020-03-29"),
        ("2020-04", "2020-03-30", "2020-04-26"),
        ("2020-05", "2020-04-27", "2020-05-31"),
        ("2020-06", "2020-06-01", "2020-06-28"),
        ("2020-11", "2020-10-26", "2020-11-29"),
    ] {
        assert_eq!(BroadcastMonth.days_of(month(name)), days(first, last), "{name}");
        assert_eq!(BroadcastMonth.month_of(day(first)), month(name));
        assert_eq!(BroadcastMonth.month_of(day(last)), month(name));
    }
}

#[test]
fn calendar_months_are_those_of_everybody() {
    assert_eq!(CalendarMonth.days_of(month("2020-02")), days("2020-02-01", "2020-02-29"));
    assert_eq!(CalendarMonth.days_of(month("2021-02")), days("2021-02-01", "2021-02-28"));
    assert_eq!(CalendarMonth.month_of(day("2020-12-31")), month("2020-12"));
}

/// Contracts of 2020 from the FCC public inspection files: cycle, calendar, last day of the contract, billing period.
#[test]
fn billing_periods_are_those_of_the_stations() {
    for (cycle, calendar, contract_last, first, last) in [
        (EndOfMonthOrContract, BroadcastMonth, "2020-03-03", "2020-01-27", "2020-02-23"),
        (EndOfMonthOrContract, BroadcastMonth, "2020-03-03", "2020-02-24", "2020-03-03"),
        (EndOfMonthOrContract, BroadcastMonth, "2020-01-03", "2019-12-30", "2020-01-03"),
        (EndOfMonthOrContract, BroadcastMonth, "2020-03-30", "2020-03-30", "2020-03-30"),
        (EndOfMonthOrContract, CalendarMonth, "2020-11-02", "2020-10-01", "2020-10-31"),
        (EndOfMonthOrContract, CalendarMonth, "2020-11-02", "2020-11-01", "2020-11-02"),
        (EndOfMonth, BroadcastMonth, "2020-02-14", "2020-01-27", "2020-02-23"),
        (EndOfMonth, BroadcastMonth, "2020-06-07", "2020-06-01", "2020-06-28"),
        (EndOfMonth, CalendarMonth, "2020-03-29", "2020-03-01", "2020-03-31"),
        (Weekly, BroadcastMonth, "2020-10-26", "2020-10-19", "2020-10-25"),
        (Weekly, BroadcastMonth, "2020-10-26", "2020-10-26", "2020-11-01"),
        (Weekly, BroadcastMonth, "2020-06-01", "2020-05-25", "2020-05-31"),
    ] {
        for inside in [first, last] {
            let period = cycle.period_of(calendar, day(contract_last), day(inside));
            assert_eq!(period, days(first, last), "{cycle:?} {calendar:?} {contract_last} {inside}");
        }
    }
}

#[test]
fn what_airs_after_the_end_of_the_contract_bills_with_the_rest_of_the_month() {
    let period = EndOfMonthOrContract.period_of(BroadcastMonth, day("2020-03-03"), day("2020-03-04"));
    assert_eq!(period, days("2020-03-04", "2020-03-29"));
    let later = EndOfMonthOrContract.period_of(BroadcastMonth, day("2020-03-03"), day("2020-03-30"));
    assert_eq!(later, days("2020-03-30", "2020-04-26"));
}

#[test]
fn a_run_takes_what_ends_by_the_end_of_its_month() {
    let straddling = Days::week_of(day("2020-01-29"));
    assert_eq!(straddling, days("2020-01-27", "2020-02-02"));
    assert_eq!(CalendarMonth.month_of_period(straddling), month("2020-02"));
    assert!(!CalendarMonth.ends_by(straddling, month("2020-01")));
    assert!(
        CalendarMonth.ends_by(straddling, month("2020-02"))
            && CalendarMonth.ends_by(straddling, month("2021-01"))
    );
    let cut = days("2020-10-26", "2020-11-02");
    assert_eq!(BroadcastMonth.month_of_period(cut), month("2020-11"));
}

#[test]
fn the_last_days_that_there_are_bill_too() {
    for calendar in [CalendarMonth, BroadcastMonth] {
        for ago in 0..40_i64 {
            let day = Date::MAX.saturating_sub(ago.days());
            assert!(calendar.days_of(calendar.month_of(day)).contains(day), "{calendar:?} {day}");
            for cycle in [EndOfMonth, EndOfMonthOrContract, Weekly] {
                assert!(cycle.period_of(calendar, Date::MAX, day).contains(day), "{cycle:?} {day}");
            }
        }
    }
}

fn any_day() -> impl Strategy<Value = Date> {
    (0..90_000_i64).prop_map(|since| date(1900, 1, 1).saturating_add(since.days()))
}

proptest! {
    #[test]
    fn months_tile_the_days(day in any_day(), calendar in prop::sample::select(vec![CalendarMonth, BroadcastMonth])) {
        let month = calendar.month_of(day);
        let days = calendar.days_of(month);
        prop_assert!(days.contains(day));
        prop_assert_eq!(calendar.days_of(month.next()).first(), days.last().tomorrow().unwrap());
        prop_assert_eq!(month.next().previous(), month);
        prop_assert!(days.iter().all(|day| calendar.month_of(day) == month));
    }

    #[test]
    fn broadcast_months_are_four_or_five_whole_weeks(day in any_day()) {
        let days = BroadcastMonth.days_of(BroadcastMonth.month_of(day));
        prop_assert!(days.count() == 28 || days.count() == 35);
        prop_assert_eq!(Days::week_of(days.first()).first(), days.first());
    }

    #[test]
    fn periods_tile_the_days(
        day in any_day(), contract in -400..400_i64,
        calendar in prop::sample::select(vec![CalendarMonth, BroadcastMonth]),
        cycle in prop::sample::select(vec![EndOfMonth, EndOfMonthOrContract, Weekly]),
    ) {
        let contract_last = day.saturating_add(contract.days());
        let period = cycle.period_of(calendar, contract_last, day);
        prop_assert!(period.contains(day));
        prop_assert!(period.iter().all(|day| cycle.period_of(calendar, contract_last, day) == period));
        let next = cycle.period_of(calendar, contract_last, period.last().tomorrow().unwrap());
        prop_assert_eq!(next.first(), period.last().tomorrow().unwrap());
    }
}
