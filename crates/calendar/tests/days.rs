//! Days, months, business days and zones as values.

#![allow(clippy::unwrap_used)]

use calendar::{Days, EntityZone, Holidays, Month};
use jiff::civil::{Date, date};

fn days(first: Date, last: Date) -> Days {
    Days::new(first, last).unwrap()
}

#[test]
fn days_do_not_end_before_they_begin() {
    let error = Days::new(date(2020, 3, 2), date(2020, 3, 1)).unwrap_err();
    assert_eq!(error.to_string(), "must not end on 2020-03-01, before the first day 2020-03-02");
    assert_eq!(days(date(2020, 3, 1), date(2020, 3, 1)).count(), 1);
}

#[test]
fn both_ends_are_inside() {
    let february = days(date(2020, 2, 1), date(2020, 2, 29));
    assert_eq!(february.count(), 29);
    assert!(february.contains(february.first()) && february.contains(february.last()));
    assert!(!february.contains(date(2020, 1, 31)) && !february.contains(date(2020, 3, 1)));
    let each: Vec<Date> = february.iter().collect();
    assert_eq!((each.len(), each[0], each[28]), (29, february.first(), february.last()));
    assert_eq!(days(Date::MAX, Date::MAX).iter().count(), 1);
    assert_eq!(days(Date::MIN, Date::MAX).count(), 7_304_484);
}

#[test]
fn what_two_periods_share_may_be_nothing() {
    let (january, quarter) =
        (days(date(2020, 1, 1), date(2020, 1, 31)), days(date(2020, 1, 15), date(2020, 3, 31)));
    assert_eq!(january.intersect(quarter), Some(days(date(2020, 1, 15), date(2020, 1, 31))));
    assert_eq!(quarter.intersect(january), january.intersect(quarter));
    assert_eq!(january.intersect(days(date(2020, 2, 1), date(2020, 2, 2))), None);
}

#[test]
fn a_month_has_one_spelling() {
    assert_eq!("2020-01".parse(), Month::new(2020, 1));
    assert_eq!(Month::new(7, 12).unwrap().to_string(), "0007-12");
    for text in
        ["", "2020", "2020-1", "2020-00", "2020-13", "20-01", "2020-01-01", "+020-01", "2020-+1", "-2020-01"]
    {
        assert!(text.parse::<Month>().is_err(), "{text}");
    }
    assert!(Month::new(0, 1).is_err() && Month::new(10_000, 1).is_err() && Month::new(2020, 13).is_err());
}

#[test]
fn months_follow_each_other() {
    let december = Month::new(2019, 12).unwrap();
    assert_eq!(december.next(), Month::new(2020, 1).unwrap());
    assert_eq!(december.next().previous(), december);
    assert!(december < december.next());
    assert_eq!((december.first_day(), december.last_day()), (date(2019, 12, 1), date(2019, 12, 31)));
}

#[test]
fn business_days_skip_weekends_and_holidays() {
    let independence_day = date(2020, 7, 3); // Observed on a Friday.
    let holidays: Holidays = [independence_day].into_iter().collect();
    for (day, count, expected) in [
        (date(2020, 7, 2), 0, date(2020, 7, 2)),
        (date(2020, 7, 2), 1, date(2020, 7, 6)),
        (date(2020, 7, 2), 6, date(2020, 7, 13)),
        (date(2020, 7, 4), 1, date(2020, 7, 6)),
        (date(2020, 7, 4), 0, date(2020, 7, 4)),
    ] {
        assert_eq!(holidays.add_business_days(day, count), Some(expected), "{day} and {count}");
    }
    assert!(
        !holidays.is_business_day(independence_day) && Holidays::default().is_business_day(independence_day)
    );
    assert_eq!(holidays.add_business_days(date(9999, 12, 30), 9), None);
}

#[test]
fn the_zone_of_the_entity_decides_the_day() {
    let at = "2020-01-01T04:30:00Z".parse().unwrap();
    for (zone, day) in [
        ("America/New_York", date(2019, 12, 31)),
        ("UTC", date(2020, 1, 1)),
        ("Pacific/Auckland", date(2020, 1, 1)),
        ("America/Los_Angeles", date(2019, 12, 31)),
    ] {
        let parsed: EntityZone = zone.parse().unwrap();
        assert_eq!((parsed.day_of(at), parsed.to_string().as_str()), (day, zone));
    }
}

#[test]
fn a_zone_has_one_spelling() {
    for name in
        ["", "america/new_york", "America/Nowhere", "EST5EDT,M3.2.0,M11.1.0", "+02:00", "../UTC", "local"]
    {
        assert!(name.parse::<EntityZone>().is_err(), "{name}");
    }
}

#[test]
fn months_end_with_the_one_that_they_begin_with_or_a_later_one() {
    let month = |text: &str| text.parse::<Month>().unwrap();
    let (january, march) = (month("2026-01"), month("2026-03"));
    assert_eq!((march.not_before(january), march.not_before(march)), (Ok(march), Ok(march)));
    let turned = january.not_before(march).unwrap_err();
    assert_eq!(turned.to_string(), "must not be 2026-01, before the first month 2026-03");
}
