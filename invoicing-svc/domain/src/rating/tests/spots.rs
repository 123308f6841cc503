use jiff::civil::time;

use super::*;

#[test]
fn spots_bill_at_their_own_rate_or_at_the_lines() {
    let mut line = Book::spots("3", "275", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-01-05"), spot("2", "2026-01-12"), at("10.125", spot("3", "2026-01-06"))]);
    let rated = line.run("2026-01");
    let spots = LineKind::Spots;
    // 560.125 is rounded once: the line is worth 560.13.
    assert_eq!(lines(&rated), [(spots, "1 × 10.125 = 10.13".into()), (spots, "2 × 275 = 550.00".into())]);
    assert_eq!(line.run("2026-01").items, []);
}

#[test]
fn a_rate_that_nobody_said_is_not_zero() {
    let mut line = Book::spots("3", "275", Cap::LesserOfBookedAndDelivered);
    line.segments()[0].rate = None;
    line.report([spot("1", "2026-01-05")]);
    assert_eq!(rate(&line.0).unwrap_err().reason(), "RATE_MISSING");
    line.restate("1", |airing| airing.status = AiringStatus::NotAired);
    assert_eq!(line.run("2026-01").items, [], "what did not air needs no rate");
}

#[test]
fn a_spot_outside_the_flight_is_an_error_and_not_a_loss() {
    let mut line = Book::spots("3", "275", Cap::Uncapped);
    line.report([spot("1", "2025-12-31")]);
    assert_eq!(line.run("2025-11").items, [], "no run has taken its month yet");
    line.0.month = month("2026-01");
    assert_eq!(rate(&line.0).unwrap_err().reason(), "OUT_OF_FLIGHT");
}

#[test]
fn a_late_spot_bills_under_the_month_in_which_it_aired() {
    let mut line = Book::spots("3", "275", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-01-05"), spot("2", "2026-01-12")]);
    assert_eq!(gross(&line.run("2026-01")), money("550.00"));
    line.report([spot("3", "2026-01-20")]);
    let [item] = &line.run("2026-04").items[..] else { panic!("one line") };
    assert_eq!((item.gross, item.late), (money("275.00"), true));
    assert_eq!(item.bucket.origin, days("2026-01-01", "2026-01-31"));
    assert_eq!(item.airings, [(spot("3", "2026-01-20").id, 1)]);
    assert_eq!(item.delivered, Some(days("2026-01-20", "2026-01-20")));
}

#[test]
fn a_run_leaves_later_months_alone() {
    let mut line = Book::spots("9", "275", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-01-05"), spot("2", "2026-02-12")]);
    assert_eq!(gross(&line.run("2026-02")), money("550.00"));
    line.report([spot("3", "2026-01-20"), spot("4", "2026-02-20")]);
    assert_eq!(gross(&line.run("2026-01")), money("275.00"), "an earlier month run again takes only its own");
    assert_eq!(gross(&line.run("2026-02")), money("275.00"));
}

#[test]
fn terms_are_segments_by_day() {
    let mut line = Book::spots("1000000", "0.01", Cap::LesserOfBookedAndDelivered);
    line.segments()[0].days = days("2026-01-01", "2026-01-31");
    line.segments().push(Segment {
        days: days("2026-02-01", "2026-06-30"),
        rate: Some(price("8")),
        booked_units: units("5"),
    });
    line.report([at("10000", spot("1", "2026-01-31")), spot("2", "2026-02-01")]);
    assert_eq!(gross(&line.run("2026-01")), money("10000.00"));
    assert_eq!(gross(&line.run("2026-02")), money("8.00"));
}

#[test]
fn a_makegood_is_outside_cap_and_flight_at_its_own_rate() {
    let mut line = Book::spots("1", "275", Cap::LesserOfBookedAndDelivered);
    line.report([
        spot("1", "2026-01-05"),
        makegood(&["5.1"], ("0", "0"), spot("2", "2026-02-01")),
        makegood(&["5.1", "13.4"], ("0", "0"), spot("3", "2026-02-03")),
        makegood(&["9.9"], ("0", "0"), at("10", spot("4", "2025-12-31"))),
    ]);
    let rated = line.run("2026-02");
    let (spots, makegoods) = (LineKind::Spots, LineKind::Makegood);
    let expected = [
        (makegoods, "1 × 10 = 10.00".into()),
        (spots, "1 × 275 = 275.00".into()),
        (makegoods, "2 × 275 = 550.00".into()),
    ];
    assert_eq!(lines(&rated), expected);
    assert_eq!(rated.items[2].note, "Makegood for 13.4, 5.1");
}

#[test]
fn a_makegood_for_what_was_billed_bills_nothing_and_says_so() {
    let mut line = Book::spots("2", "275", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-01-05")]);
    line.run("2026-01");
    line.restate("1", |airing| airing.status = AiringStatus::MadeGoodFree);
    line.report([makegood(&["3.1"], ("275", "0"), spot("2", "2026-02-01"))]);
    let rated = line.run("2026-02");
    assert_eq!(lines(&rated), [(LineKind::Makegood, "1 × 0 = 0.00".into())]);
    assert_eq!(rated.items[0].note, "Makegood for 3.1, which was billed");
    assert_eq!(rated.held, [], "the bill of what it makes good stands");
}

#[test]
fn spots_of_a_day_count_by_time_and_row() {
    let mut line = Book::spots("2", "275", Cap::LesserOfBookedAndDelivered);
    let timed = |name, hour, row| Airing { time: Some(time(hour, 0, 0, 0)), row, ..spot(name, "2026-01-05") };
    line.report([timed("late", 22, 1), timed("second", 8, 7), timed("first", 8, 3)]);
    let rated = line.run("2026-01");
    let named = |name| (spot(name, "2026-01-05").id, 1);
    assert_eq!(rated.items[0].airings, [named("first"), named("second")]);
    assert_eq!(rated.items[1].airings, [named("late")]);
    assert_eq!(rated.items[1].bucket.kind, LineKind::OverDelivery);
}

#[test]
fn an_end_of_contract_that_moves_makes_no_other_period() {
    let mut line = Book::spots("2", "275", Cap::Uncapped);
    line.0.billing.cycle = BillingCycle::EndOfMonthOrContract;
    line.0.billing.contract_last = day("2026-01-15");
    line.report([spot("1", "2026-01-10"), makegood(&["x"], ("0", "0"), spot("2", "2026-01-20"))]);
    assert_eq!(gross(&line.run("2026-01")), money("550.00"));
    line.0.billing.contract_last = day("2026-01-31");
    let rated = line.run("2026-01");
    assert_eq!((rated.items, rated.held), (vec![], vec![]));
}
