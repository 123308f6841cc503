use super::*;
use crate::pricing::{Proration, Schedule};
use crate::rating::Subscription;

/// Ten seats at 300.00 for each term of a month, January to June.
fn seats(schedule: Schedule, proration: Proration) -> Book {
    let flight = days("2026-01-01", "2026-06-30");
    let discount = Percent::parse("0").unwrap();
    Book::of(Pricing::Subscription(Box::new(Subscription {
        flight,
        ended: None,
        terms: vec![Terms { days: flight, price: Some(Price::Rate(price("300"))), discount }],
        quantities: vec![(day("2026-01-01"), units("10"))],
        term_months: 1,
        schedule,
        proration,
    })))
}

fn terms(book: &mut Book) -> &mut Subscription {
    let Pricing::Subscription(subscription) = &mut book.0.pricing else { panic!("no subscription") };
    subscription
}

fn bills(mut book: Book, months: usize) -> Vec<String> {
    (1..=months).map(|month| gross(&book.run(&format!("2026-{month:02}"))).to_string()).collect()
}

#[test]
fn a_term_bills_before_it_begins_or_after_it_ends() {
    let mut quarter = seats(Schedule::InAdvance, Proration::ActualDays);
    terms(&mut quarter).term_months = 3;
    assert_eq!(bills(quarter, 7), ["3000.00", "0.00", "0.00", "3000.00", "0.00", "0.00", "0.00"]);
    let mut quarter = seats(Schedule::InArrears, Proration::ActualDays);
    terms(&mut quarter).term_months = 3;
    assert_eq!(bills(quarter, 7), ["0.00", "0.00", "3000.00", "0.00", "0.00", "3000.00", "0.00"]);
}

#[test]
fn a_part_of_a_term_is_prorated_at_the_start_at_the_end_and_at_a_change() {
    let table = [
        // 22 of 31 days × 3,000 = 2,129.032…; February and 2 × 300 × 12 of 28 days = 3,257.142…, so that 5,386.175… are
        // billed to date; 20 of 31 days × 3,600 = 2,322.580….
        (Proration::ActualDays, ["2129.03", "3257.15", "2322.58"]),
        // 21, 14 and 20 of 30: a February of 28 days ends a month of thirty.
        (Proration::Thirty360, ["2100.00", "3280.00", "2400.00"]),
        (Proration::WholePeriods, ["3000.00", "3600.00", "3600.00"]),
    ];
    for (proration, expected) in table {
        for schedule in [Schedule::InAdvance, Schedule::InArrears] {
            let mut book = seats(schedule, proration);
            let subscription = terms(&mut book);
            subscription.flight = days("2026-01-10", "2026-03-20");
            subscription.quantities.push((day("2026-02-17"), units("12")));
            assert_eq!(bills(book, 3), expected, "{proration:?} {schedule:?}");
        }
    }
}

#[test]
fn fewer_seats_within_a_term_that_was_billed_are_held() {
    let mut book = seats(Schedule::InAdvance, Proration::ActualDays);
    assert_eq!(gross(&book.run("2026-01")), money("3000.00"));
    terms(&mut book).quantities.push((day("2026-02-15"), units("4")));
    assert_eq!(gross(&book.run("2026-02")), money("2100.00"), "6 less for 14 of 28 days");
    terms(&mut book).quantities.push((day("2026-01-17"), units("4")));
    let rated = book.run("2026-02");
    // 6 × 300 × 15 / 31 of January, and 900 more of February, whose first half has 4 as well.
    assert_eq!(held(&rated)[0], (1, "-870.97".into(), HeldCause::Amendment));
    assert_eq!(held(&rated)[1], (2, "-900.00".into(), HeldCause::Amendment));
}

#[test]
fn a_subscription_that_ends_early_gives_back_the_rest_of_its_term() {
    let mut book = seats(Schedule::InAdvance, Proration::ActualDays);
    book.run("2026-02");
    terms(&mut book).ended = Some(day("2026-02-14"));
    assert_eq!(held(&book.run("2026-03")), [(2, "-1500.00".into(), HeldCause::Cancellation)]);
}

#[test]
fn a_price_that_changes_within_a_term_is_the_rest_back_at_the_old_and_on_at_the_new() {
    let mut book = seats(Schedule::InAdvance, Proration::ActualDays);
    let first = &mut terms(&mut book).terms[0];
    first.days = days("2026-01-01", "2026-02-14");
    let later = Terms {
        days: days("2026-02-15", "2026-06-30"),
        price: Some(Price::Rate(price("400"))),
        ..first.clone()
    };
    terms(&mut book).terms.push(later);
    book.run("2026-01");
    let rated = book.run("2026-02");
    let delivery = LineKind::Delivery;
    let expected = [
        (delivery, "-10 × 150 = -1500.00".into()),
        (delivery, "10 × 300 = 3000.00".into()),
        (delivery, "10 × 200 = 2000.00".into()),
    ];
    assert_eq!(lines(&rated), expected);
}
