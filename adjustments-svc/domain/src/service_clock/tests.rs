use calendar::Holidays;
use jiff::Timestamp;

use super::ServiceClock;
use crate::directory::{Directory, Entry};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn it_counts_business_days_only() {
    // 2 April 2026 is a Thursday.
    for (days, due) in [(0, "2026-04-02"), (1, "2026-04-03"), (2, "2026-04-06"), (10, "2026-04-16")] {
        let clock = ServiceClock::start(at("2026-04-02T12:00:00Z"), days, &Holidays::default());
        assert_eq!(clock.due, at(&format!("{due}T12:00:00Z")), "{days}");
    }
    let good_friday: Holidays = ["2026-04-03".parse().unwrap()].into_iter().collect();
    let clock = ServiceClock::start(at("2026-04-02T12:00:00Z"), 1, &good_friday);
    assert_eq!(clock.due, at("2026-04-06T12:00:00Z"));
}

#[test]
fn it_is_due_as_many_business_days_later_as_it_stood_still() {
    let clock = ServiceClock::start(at("2026-04-02T12:00:00Z"), 2, &Holidays::default());
    for (since, now, due) in [
        // Asked and answered on the same day: nothing was waited for.
        ("2026-04-02T13:00:00Z", "2026-04-02T17:00:00Z", "2026-04-06T12:00:00Z"),
        // Over a weekend: Friday to Monday is one business day.
        ("2026-04-03T09:00:00Z", "2026-04-06T09:00:00Z", "2026-04-07T12:00:00Z"),
        // On a weekend only.
        ("2026-04-04T09:00:00Z", "2026-04-05T09:00:00Z", "2026-04-06T12:00:00Z"),
        ("2026-04-02T13:00:00Z", "2026-04-16T09:00:00Z", "2026-04-20T12:00:00Z"),
    ] {
        let resumed = clock.resume(at(since), at(now), &Holidays::default());
        assert_eq!(resumed.due, at(due), "{since} to {now}");
    }
}

#[test]
fn who_is_above_the_owner_is_told_once() {
    let entry = |reports_to: &str| Entry { reports_to: Some(reports_to.to_owned()), ..Entry::default() };
    let directory = Directory { entries: [("analyst".to_owned(), entry("manager"))].into() };
    let clock = ServiceClock::start(at("2026-04-02T12:00:00Z"), 1, &Holidays::default());
    assert_eq!(clock.escalate(Some("analyst"), &directory, at("2026-04-03T11:59:59Z")), None);
    let late = at("2026-04-03T12:00:00Z");
    for (owner, told) in [(Some("analyst"), Some("manager")), (Some("manager"), None), (None, None)] {
        let escalated = clock.escalate(owner, &directory, late).unwrap();
        assert_eq!(escalated.escalation.as_ref().unwrap().to.as_deref(), told, "{owner:?}");
        assert_eq!(escalated.escalate(owner, &directory, at("2026-05-01T00:00:00Z")), None, "told already");
    }
    // Time that the customer took makes it in time again, so it can be late again.
    let escalated = clock.escalate(Some("analyst"), &directory, late).unwrap();
    let resumed = escalated.resume(late, at("2026-04-20T12:00:00Z"), &Holidays::default());
    assert_eq!((resumed.due, resumed.escalation.is_some()), (at("2026-04-20T12:00:00Z"), true));
    let resumed =
        escalated.resume(at("2026-04-03T09:00:00Z"), at("2026-04-20T11:00:00Z"), &Holidays::default());
    assert_eq!(resumed.escalation, None);
}
