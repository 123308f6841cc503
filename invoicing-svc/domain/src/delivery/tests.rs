use std::collections::HashMap;

use calendar::Days;
use ids::{AccountId, LineId, OrderId};
use jiff::civil::date;
use money::Quantity;

use super::*;
use crate::control_total::ControlTotal;

fn airing() -> Airing {
    Airing {
        order: "1001".into(),
        line: "3".into(),
        spot: "A-1:7".into(),
        row: 7,
        day: date(2026, 1, 14),
        time: None,
        length_seconds: 30,
        creative: String::new(),
        rate: None,
        status: AiringStatus::Aired,
        makegood_for: Vec::new(),
        made_good_by: Vec::new(),
        station: String::new(),
    }
}

fn facts() -> OrderFacts {
    let order = OrderId::of("io", "1001");
    let flight = Days::new(date(2026, 1, 12), date(2026, 1, 18)).expect("in order");
    OrderFacts {
        account: AccountId::from_uuid(uuid::Uuid::from_u128(1)),
        order,
        today: date(2026, 2, 1),
        lines: HashMap::from([("3".to_owned(), LineFacts { line: LineId::of(order, "3"), flight })]),
    }
}

fn reason(airing: &Airing, order: Option<&OrderFacts>, taken: bool) -> &'static str {
    place(airing, "traffic", "io", order, |_| taken).expect_err("quarantined").reason()
}

#[test]
fn a_spot_in_flight_finds_its_line() {
    let found = place(&airing(), "traffic", "io", Some(&facts()), |_| false).expect("usable");
    assert_eq!(found.line, LineId::of(OrderId::of("io", "1001"), "3"));
    let restated = Airing { status: AiringStatus::NotAired, ..airing() };
    assert_eq!(place(&restated, "traffic", "io", Some(&facts()), |_| false), Ok(found), "the same spot");
}

#[test]
fn a_row_that_cannot_be_used_says_why() {
    let order = facts();
    assert_eq!(reason(&airing(), None, false), "UNKNOWN_ORDER");
    assert_eq!(reason(&Airing { line: "4".into(), ..airing() }, Some(&order), false), "UNKNOWN_LINE");
    assert_eq!(reason(&airing(), Some(&order), true), "DUPLICATE_IN_BATCH");
    assert_eq!(reason(&Airing { day: date(2026, 2, 2), ..airing() }, Some(&order), false), "FUTURE_DAY");
    assert_eq!(reason(&Airing { day: date(2026, 1, 19), ..airing() }, Some(&order), false), "OUT_OF_FLIGHT");
}

#[test]
fn a_makegood_airs_outside_the_flight() {
    let makegood = Airing { day: date(2026, 1, 19), makegood_for: vec!["3.1".into()], ..airing() };
    assert!(place(&makegood, "traffic", "io", Some(&facts()), |_| false).is_ok());
}

#[test]
fn the_digest_of_a_batch_is_of_what_its_rows_say() {
    let digest = |rows: &[Airing]| {
        let mut digest = BatchDigest::of("io");
        rows.iter().for_each(|row| digest.airing(row));
        digest.finish()
    };
    let other = Airing { makegood_for: vec!["1".into()], ..airing() };
    let shifted = Airing { made_good_by: vec!["1".into()], ..airing() };
    assert_eq!(digest(&[airing(), other.clone()]), digest(&[airing(), other.clone()]));
    assert_ne!(digest(&[airing(), other.clone()]), digest(&[other.clone(), airing()]));
    assert_ne!(digest(&[other]), digest(&[shifted]));
}

#[test]
fn the_same_batch_again_has_the_same_content() {
    assert_eq!(check_content("traffic", "b1", [1; 32], [1; 32]), Ok(()));
    assert_eq!(
        check_content("traffic", "b1", [1; 32], [2; 32]).expect_err("other").reason(),
        "BATCH_CONTENT_DIFFERS"
    );
}

#[test]
fn batches_of_a_source_follow_each_other() {
    assert!(check_sequence("traffic", None, 1).is_ok());
    assert_eq!(check_sequence("traffic", None, 2).expect_err("1 is missing").reason(), "SEQUENCE_GAP");
    assert_eq!(check_sequence("traffic", Some(3), 1).expect_err("used").reason(), "SEQUENCE_REPEATED");
}

#[test]
fn totals_that_do_not_match_name_the_difference_and_what_counted_nothing() {
    let totals = |rows, amount| BatchTotals { rows, amount: ControlTotal::parse(amount).expect("a total") };
    assert_eq!(check_totals(totals(23, "6325"), totals(23, "6325.00"), &[4]), Ok(()));
    let refused =
        check_totals(totals(23, "6325.00"), totals(23, "6235.00"), &[4, 9]).expect_err("transposed");
    assert_eq!(
        refused.to_string(),
        "the control totals do not match, so nothing was stored: rows 23 said, 23 counted, difference 0; \
         amount 6325.00 said, 6235.00 counted, difference 90.00; what is no number counts nothing: row 4, 9"
    );
}

#[test]
fn a_control_total_is_read_exactly_or_not_at_all() {
    for (text, read) in [
        ("6325", "6325"),
        ("-0.05", "-0.05"),
        ("007.50", "7.50"),
        ("0", "0"),
        ("1.1234567890123", "1.1234567890123"),
    ] {
        assert_eq!(ControlTotal::parse(text).expect(text).to_string(), read);
    }
    for text in [
        "",
        "-",
        "abc",
        "+1",
        "1_000",
        "1,5",
        ".5",
        "5.",
        "1e3",
        " 1",
        "12345678901234567890123456789",
        "1.2.3",
    ] {
        assert!(ControlTotal::parse(text).is_err(), "{text}");
    }
    let sum = |left: &str, right: &str| {
        ControlTotal::parse(left)
            .expect(left)
            .plus(ControlTotal::parse(right).expect(right))
            .map(|sum| sum.to_string())
    };
    assert_eq!(sum("0.1", "0.25"), Some("0.35".into()));
    assert_eq!(sum("-1", "0.99"), Some("-0.01".into()));
    assert_eq!(sum("9999999999999999999999999999", "0.000000000001"), None, "38 digits do not hold it");
}

/// A line 10 January to 28 February whose rate changes on 15 January; what each calendar and cycle makes of it by hand.
#[test]
fn a_line_has_a_cell_for_each_period_and_segment() {
    use calendar::{BillingCalendar::*, BillingCycle::*};
    let run = |first: (i8, i8), last: (i8, i8)| {
        Days::new(date(2026, first.0, first.1), date(2026, last.0, last.1)).expect("in order")
    };
    let segments = [run((1, 15), (2, 28)), run((1, 10), (1, 14))];
    let of = |calendar, cycle, contract_last| {
        cells(crate::order::BillingTerms { calendar, cycle, contract_last }, &segments)
    };
    let contract = date(2026, 2, 20);
    assert_eq!(
        of(CalendarMonth, EndOfMonth, contract),
        [run((1, 10), (1, 14)), run((1, 15), (1, 31)), run((2, 1), (2, 28))]
    );
    assert_eq!(
        of(BroadcastMonth, EndOfMonth, contract),
        [run((1, 10), (1, 14)), run((1, 15), (1, 25)), run((1, 26), (2, 22)), run((2, 23), (2, 28))]
    );
    assert_eq!(
        of(CalendarMonth, EndOfMonthOrContract, contract),
        [run((1, 10), (1, 14)), run((1, 15), (1, 31)), run((2, 1), (2, 20)), run((2, 21), (2, 28))]
    );
    let weekly = of(CalendarMonth, Weekly, contract);
    assert_eq!(
        weekly[..4],
        [run((1, 10), (1, 11)), run((1, 12), (1, 14)), run((1, 15), (1, 18)), run((1, 19), (1, 25))]
    );
    assert_eq!(weekly.iter().map(|cell| cell.count()).sum::<u64>(), 50, "every day has one cell");
}

#[test]
fn what_was_typed_in_is_released_by_a_second_person() {
    for (typed_by, by, is_person, expected) in [
        (None, "ad_ops", true, ""),
        (None, "platform", false, ""),
        (Some("ad_ops"), "manager", true, ""),
        (Some("ad_ops"), "ad_ops", true, "SAME_PERSON"),
        (Some("ad_ops"), "platform", false, "PERSON_REQUIRED"),
    ] {
        let refused = check_release(typed_by, by, is_person).err();
        assert_eq!(refused.map_or("", |refused| refused.reason()), expected, "{typed_by:?} {by}");
    }
}

/// Impressions are the fourth bit, clicks the sixth, spend the tenth: 8, 32 and 512.
#[test]
fn what_is_left_open_of_a_day_stays_as_it_was() {
    let measured = |impressions, clicks, spend: Option<&str>| {
        let mut counts = [None; 9];
        (counts[3], counts[5]) = (impressions, clicks);
        let spend = spend.map(|spend| Quantity::parse(spend).expect(spend));
        Measured { counts, spend, hours: None }
    };
    let held = measured(Some(1_000), Some(5), None);
    for (said, expected, present) in [
        (measured(Some(900), None, None), measured(Some(900), Some(5), None), 8),
        (measured(None, Some(0), None), measured(Some(1_000), Some(0), None), 32),
        (measured(None, None, Some("0.5")), measured(Some(1_000), Some(5), Some("0.5")), 512),
        (measured(Some(1), Some(2), Some("3")), measured(Some(1), Some(2), Some("3")), 8 + 32 + 512),
    ] {
        assert_eq!((said.over(&held), said.present()), (expected, present), "{said:?}");
    }
    let apart = measured(None, Some(1_001), None);
    assert_eq!(check_counts(&apart), Ok(()));
    let refused = check_restated(&apart, &held).expect_err("more clicks than impressions");
    assert_eq!(refused.reason(), "CLICKS_ABOVE_IMPRESSIONS");
}

/// Of 1,000,000 impressions, 1,100,000 gross, 800,000 were in view and 50,000 are invalid: gross leaves room for 50,000 more.
#[test]
fn a_part_is_not_raised_above_a_whole_that_is_left_open_and_a_lowered_whole_holds() {
    use Measure::*;
    let said = |counts: &[(Measure, i64)]| {
        let of = |measure: Measure| counts.iter().find(|(of, _)| *of == measure).map(|(_, count)| *count);
        Measured { counts: Measure::COUNTS.map(of), ..Measured::default() }
    };
    let before = [
        (GrossImpressions, 1_100_000),
        (GeneralInvalid, 50_000),
        (Impressions, 1_000_000),
        (ViewableImpressions, 800_000),
    ];
    for (counts, expected) in [
        (vec![(Impressions, 700_000)], ""),
        (vec![(ViewableImpressions, 1_000_000)], ""),
        (vec![(ViewableImpressions, 1_000_001)], "VIEWABLE_ABOVE_IMPRESSIONS"),
        (vec![(Clicks, 1_000_001)], "CLICKS_ABOVE_IMPRESSIONS"),
        (vec![(GrossImpressions, 900_000)], ""),
        (vec![(SophisticatedInvalid, 50_000)], ""),
        (vec![(SophisticatedInvalid, 50_001)], "PARTS_ABOVE_GROSS"),
        (vec![(Impressions, 1_050_001)], "PARTS_ABOVE_GROSS"),
        (vec![(CompletedViews, 5)], ""),
    ] {
        let refused = check_restated(&said(&counts), &said(&before)).err();
        assert_eq!(refused.map_or("", |refused| refused.reason()), expected, "{counts:?}");
    }
    // What was in view stays above what was shown until it is lowered, too, which may take more than one step.
    let lowered = said(&[(Impressions, 700_000), (ViewableImpressions, 800_000)]);
    assert_eq!(check_restated(&said(&[(ViewableImpressions, 750_000)]), &lowered), Ok(()));
    assert!(check_restated(&said(&[(ViewableImpressions, 800_001)]), &lowered).is_err());
}
