use calendar::{FiscalMonths, FiscalWeeks, WeekPattern, YearEnd, YearName};
use ids::RunId;
use jiff::civil::{Date, Weekday};
use uuid::Uuid;

use super::*;
use crate::billing_run::{Act, Approver};

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn act(by: &str) -> Act {
    Act { by: by.to_owned(), at: Timestamp::UNIX_EPOCH }
}

fn by(by: &str, today: &str) -> Closing {
    Closing { by: by.to_owned(), at: Timestamp::UNIX_EPOCH, today: day(today), issuing: None }
}

fn books() -> Books {
    Books { fiscal: FiscalCalendar::GREGORIAN, changes: BTreeMap::new() }
}

impl Books {
    fn with(mut self, name: &str, change: Result<Change, PeriodRefusal>) -> Self {
        self.changes.entry(month(name)).or_default().push(change.unwrap());
        self
    }

    /// January closed, February soft-closed, by the manager.
    fn closing_2026() -> Self {
        let today = "2026-03-05";
        let books = books();
        let change = soft_close(&books, month("2026-01"), by("manager", today));
        let books = books.with("2026-01", change);
        let change = close(&books, month("2026-01"), by("manager", today));
        let books = books.with("2026-01", change);
        let change = soft_close(&books, month("2026-02"), by("manager", today));
        books.with("2026-02", change)
    }
}

#[test]
fn what_nothing_was_said_of_is_as_closed_as_what_follows() {
    let books = Books::closing_2026();
    for (name, state) in [
        ("2025-06", PeriodState::Closed),
        ("2026-01", PeriodState::Closed),
        ("2026-02", PeriodState::SoftClosed),
        ("2026-03", PeriodState::Open),
    ] {
        assert_eq!(books.state(month(name)), state, "{name}");
    }
}

#[test]
fn what_comes_late_is_posted_to_the_next_open_period() {
    let books = Books::closing_2026();
    for (date, posted, on) in [
        ("2025-12-31", "2026-03", "2026-03-01"),
        ("2026-01-31", "2026-03", "2026-03-01"),
        ("2026-02-28", "2026-03", "2026-03-01"),
        ("2026-03-05", "2026-03", "2026-03-05"),
    ] {
        assert_eq!(posting(&books, day(date)), Posting { month: month(posted), date: day(on) }, "{date}");
    }
    // February is closed softly, and an approved correction still goes there.
    let corrected = posting_of_correction(&books, day("2026-01-31"));
    assert_eq!(corrected, Posting { month: month("2026-02"), date: day("2026-02-01") });
}

#[test]
fn periods_are_those_of_the_fiscal_calendar() {
    // The National Retail Federation's January 2024 ends on 3 February.
    let weeks = FiscalWeeks::new(WeekPattern::FourFiveFour, Weekday::Saturday, YearEnd::Nearest, 12).unwrap();
    let fiscal = FiscalCalendar::new(FiscalMonths::Weeks(weeks), 1, YearName::Begins).unwrap();
    let books = Books { fiscal, ..books() };
    let change = soft_close(&books, month("2024-01"), by("manager", "2024-02-03"));
    let books = books.with("2024-01", change);
    let refused = close(&books, month("2024-01"), by("manager", "2024-02-03")).unwrap_err();
    assert_eq!(refused.reason(), "PERIOD_NOT_ENDED");
    assert!(close(&books, month("2024-01"), by("manager", "2024-02-04")).is_ok());
    let late = posting(&books, day("2024-02-03"));
    assert_eq!(late, Posting { month: month("2024-02"), date: day("2024-02-04") });
}

#[test]
fn a_period_goes_from_state_to_state_and_the_earlier_one_first() {
    let today = "2026-04-05";
    let books = Books::closing_2026();
    let reason = |refused: Result<Change, PeriodRefusal>| refused.unwrap_err().reason();
    assert_eq!(reason(soft_close(&books, month("2026-01"), by("manager", today))), "PERIOD_STATE");
    assert_eq!(reason(close(&books, month("2026-03"), by("manager", today))), "PERIOD_STATE");
    assert_eq!(reason(lock(&books, month("2026-02"), by("controller", today))), "PERIOD_STATE");
    let change = soft_close(&books, month("2026-03"), by("manager", today));
    let books = books.with("2026-03", change);
    assert_eq!(reason(close(&books, month("2026-03"), by("manager", today))), "PERIOD_ORDER");
    let change = close(&books, month("2026-02"), by("manager", today));
    let books = books.with("2026-02", change);
    assert_eq!(reason(lock(&books, month("2026-02"), by("controller", today))), "PERIOD_ORDER");
    let change = lock(&books, month("2026-01"), by("controller", today));
    assert_eq!(books.with("2026-01", change).state(month("2026-01")), PeriodState::Locked);
}

#[test]
fn a_period_waits_for_the_run_that_issues_in_it() {
    let run = RunId::from_uuid(Uuid::from_u128(7));
    let closing = Closing { issuing: Some(run), ..by("manager", "2026-04-05") };
    let refused = soft_close(&books(), month("2026-03"), closing).unwrap_err();
    assert_eq!(refused.reason(), "PERIOD_ISSUING");
}

#[test]
fn a_second_person_opens_a_period_again_the_later_one_first() {
    let books = Books::closing_2026();
    let open = |books: &Books, name: &str, person: &str, is_person| {
        reopen(books, month(name), Approver { act: act(person), is_person }, "a late invoice".to_owned())
    };
    for (name, person, is_person, reason) in [
        ("2026-02", "controller", false, "PERSON_REQUIRED"),
        ("2026-03", "controller", true, "PERIOD_STATE"),
        ("2026-02", "manager", true, "SAME_PERSON"),
        // Closed along with January, by whoever closed that.
        ("2025-12", "manager", true, "SAME_PERSON"),
        ("2026-01", "controller", true, "PERIOD_ORDER"),
    ] {
        assert_eq!(open(&books, name, person, is_person).unwrap_err().reason(), reason, "{name} {person}");
    }
    let change = open(&books, "2026-02", "controller", true);
    let books = books.with("2026-02", change);
    assert_eq!(posting(&books, day("2026-02-28")).month, month("2026-02"));
    let change = open(&books, "2026-01", "controller", true);
    let books = books.with("2026-01", change);
    assert_eq!(books.state(month("2026-01")), PeriodState::Open);
    // What was closed along with January does not open along with it.
    assert_eq!(books.state(month("2025-12")), PeriodState::Closed);
    assert_eq!(open(&books, "2025-12", "manager", true).unwrap_err().reason(), "SAME_PERSON");
    assert!(open(&books, "2025-12", "controller", true).is_ok());
}

#[test]
fn what_is_locked_stays_locked() {
    let change = lock(&Books::closing_2026(), month("2026-01"), by("controller", "2026-03-05"));
    let books = Books::closing_2026().with("2026-01", change);
    let cfo = Approver { act: act("cfo"), is_person: true };
    let refused = reopen(&books, month("2026-01"), cfo, "please".to_owned()).unwrap_err();
    assert_eq!(refused.reason(), "PERIOD_STATE");
}
