use calendar::{FiscalCalendar, FiscalMonths, FiscalWeeks, WeekPattern, YearEnd, YearName};
use ids::{EntityId, Revision, SeriesId};
use jiff::civil::{Date, Weekday};
use uuid::Uuid;

use super::*;

fn series(prefix: &str, width: u8) -> NumberSeries {
    NumberSeries {
        id: SeriesId::from_uuid(Uuid::from_u128(1)),
        revision: Revision::FIRST,
        entity: EntityId::from_uuid(Uuid::from_u128(2)),
        tax_registration: String::new(),
        document_kind: DocumentKind::Invoice,
        year_basis: YearBasis::Calendar,
        prefix: prefix.to_owned(),
        width,
        start: 1,
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A date in the year of the calendar.
fn dated(text: &str) -> Dated {
    Dated { date: day(text), year: day(text).year() }
}

/// Takes numbers for documents of these dates one after the other.
fn taken(series: &NumberSeries, dates: &[&str]) -> Result<Vec<String>, NumberRefusal> {
    let mut years: Vec<SeriesYear> = Vec::new();
    let mut numbers = Vec::new();
    for date in dates {
        let taken = take(series, &years, dated(date))?;
        years.retain(|year| year.year != taken.year.year);
        years.push(taken.year);
        numbers.push(taken.number);
    }
    Ok(numbers)
}

#[test]
fn numbers_count_up_within_a_year_and_begin_again_in_the_next() {
    let numbers = taken(&series("", 6), &["2026-01-31", "2026-01-31", "2026-12-31", "2027-01-01"]).unwrap();
    assert_eq!(numbers, ["2026-000001", "2026-000002", "2026-000003", "2027-000001"]);
    assert_eq!(taken(&series("NY-", 3), &["2026-01-31"]).unwrap(), ["NY-2026-001"]);
}

#[test]
fn a_series_begins_where_it_is_told_to() {
    let series = NumberSeries { start: 4711, ..series("", 4) };
    assert_eq!(taken(&series, &["2026-01-31", "2026-02-01"]).unwrap(), ["2026-4711", "2026-4712"]);
}

#[test]
fn no_date_is_before_the_last_one_of_whatever_year() {
    for dates in [["2026-02-01", "2026-01-31"], ["2027-01-01", "2026-12-31"]] {
        assert_eq!(taken(&series("", 6), &dates).unwrap_err().reason(), "ISSUE_DATE_BEFORE_LAST");
    }
}

#[test]
fn numbers_do_not_grow_beyond_their_width() {
    let series = NumberSeries { start: 98, ..series("", 2) };
    assert_eq!(taken(&series, &["2026-01-01"; 2]).unwrap(), ["2026-98", "2026-99"]);
    assert_eq!(taken(&series, &["2026-01-01"; 3]).unwrap_err().reason(), "SERIES_EXHAUSTED");
}

#[test]
fn the_earlier_refusal_is_given_where_two_apply() {
    let series = NumberSeries { start: 99, ..series("", 2) };
    let refused = taken(&series, &["2026-01-02", "2026-01-01"]).unwrap_err();
    assert_eq!(refused.reason(), "ISSUE_DATE_BEFORE_LAST");
}

#[test]
fn a_series_in_use_keeps_its_prefix_and_may_only_grow_wider() {
    let used = [SeriesYear { year: 2026, next: 2, last_issue_date: day("2026-01-31") }];
    let now = series("A", 6);
    assert!(update(&now, &series("B", 4), &[]).is_ok());
    assert!(update(&now, &series("A", 8), &used).is_ok());
    for next in [series("B", 6), series("A", 5)] {
        assert_eq!(update(&now, &next, &used).unwrap_err().reason(), "SERIES_IN_USE");
    }
}

#[test]
fn a_run_needs_a_number_for_each_document() {
    let used = [SeriesYear { year: 2026, next: 9, last_issue_date: day("2026-01-31") }];
    assert!(room(&series("", 1), &used, dated("2026-01-31"), 1).is_ok());
    let refused = room(&series("", 1), &used, dated("2026-01-31"), 2).unwrap_err();
    assert_eq!(refused.reason(), "SERIES_EXHAUSTED");
    assert!(room(&series("", 1), &used, dated("2027-01-01"), 9).is_ok());
}

#[test]
fn the_year_of_a_number_is_the_one_that_the_series_counts_in() {
    // A retailer whose fiscal 2023 is 2023-01-29 to 2024-02-03, under a law whose year begins in April.
    let weeks = FiscalWeeks::new(WeekPattern::FourFiveFour, Weekday::Saturday, YearEnd::Nearest, 12).unwrap();
    let fiscal = FiscalCalendar::new(FiscalMonths::Weeks(weeks), 1, YearName::Begins).unwrap();
    let entity = BillingEntity { fiscal, statutory_first_month: 4, ..crate::billing_entity::tests::entity() };
    for (date, calendar, fiscal, statutory) in [
        ("2023-01-28", 2023, 2022, 2022),
        ("2023-01-29", 2023, 2023, 2022),
        ("2023-04-01", 2023, 2023, 2023),
        ("2024-02-03", 2024, 2023, 2023),
        ("2024-02-04", 2024, 2024, 2023),
    ] {
        let years = [YearBasis::Calendar, YearBasis::Fiscal, YearBasis::Statutory]
            .map(|basis| basis.year_of(&entity, day(date)));
        assert_eq!(years, [calendar, fiscal, statutory], "{date}");
    }
}
