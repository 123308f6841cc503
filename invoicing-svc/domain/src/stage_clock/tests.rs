use jiff::{Timestamp, civil::Date};

use super::{Delays, Stage, Times};

fn day(text: &str) -> Option<Date> {
    Some(text.parse().unwrap())
}

fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

/// Stage, day, and days since the stage before.
type Told = (Stage, String, Option<(Stage, i32)>);

fn told(times: Times) -> Vec<Told> {
    let zone = "America/New_York".parse().unwrap();
    let reached = times.reached(&zone);
    reached.iter().map(|each| (each.stage, each.day.to_string(), each.since)).collect()
}

#[test]
fn each_stage_counts_from_the_one_before_it_on_the_days_of_the_entity() {
    let times = Times {
        signed: day("2025-12-15"),
        // 1 January, 22:00 in New York.
        synced: at("2026-01-02T03:00:00Z"),
        live: day("2026-01-05"),
        delivered: day("2026-01-31"),
        told: at("2026-02-03T12:00:00Z"),
        rated: at("2026-02-04T12:00:00Z"),
        approved: at("2026-02-06T12:00:00Z"),
        issued: at("2026-02-06T12:00:00Z"),
    };
    let reached = |stage, day: &str, since| (stage, day.to_owned(), since);
    assert_eq!(
        told(times),
        [
            reached(Stage::Signed, "2025-12-15", None),
            reached(Stage::Synced, "2026-01-01", Some((Stage::Signed, 17))),
            reached(Stage::Live, "2026-01-05", Some((Stage::Synced, 4))),
            reached(Stage::Delivered, "2026-01-31", Some((Stage::Live, 26))),
            reached(Stage::Final, "2026-02-03", Some((Stage::Delivered, 3))),
            reached(Stage::Rated, "2026-02-04", Some((Stage::Final, 1))),
            reached(Stage::Approved, "2026-02-06", Some((Stage::Rated, 2))),
            reached(Stage::Issued, "2026-02-06", Some((Stage::Approved, 0))),
        ]
    );
}

#[test]
fn what_is_not_known_is_left_out_and_what_came_too_early_is_below_zero() {
    // It ran for ten days before anybody sent the order, and nobody has said when it was signed.
    let times = Times {
        synced: at("2026-01-15T12:00:00Z"),
        live: day("2026-01-05"),
        rated: at("2026-02-04T12:00:00Z"),
        ..Times::default()
    };
    assert_eq!(
        told(times),
        [
            (Stage::Synced, "2026-01-15".to_owned(), None),
            (Stage::Live, "2026-01-05".to_owned(), Some((Stage::Synced, -10))),
            (Stage::Rated, "2026-02-04".to_owned(), Some((Stage::Live, 30))),
        ]
    );
    assert_eq!(told(Times::default()), []);
}

#[test]
fn half_take_no_longer_than_the_median() {
    let median = |all: &[i32]| {
        let mut delays = Delays::default();
        all.iter().for_each(|days| delays.add(*days));
        (delays.count(), delays.median())
    };
    for (all, expected) in [
        (vec![], (0, None)),
        (vec![4], (1, Some(4))),
        (vec![9, 2], (2, Some(2))),
        (vec![9, 2, -1], (3, Some(2))),
        (vec![3, 3, 3, 40], (4, Some(3))),
        (vec![1, 2, 30, 40, 50], (5, Some(30))),
    ] {
        assert_eq!(median(&all), expected, "{all:?}");
    }
}
