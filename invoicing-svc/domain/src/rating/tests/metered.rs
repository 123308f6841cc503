use super::*;
use crate::pricing::{Minimum, PeriodUnits};
use crate::rating::{Expenses, Unit};

fn first_half() -> Days {
    days("2026-01-01", "2026-06-30")
}

const JAN: (&str, &str) = ("2026-01-01", "2026-01-31");
const FEB: (&str, &str) = ("2026-02-01", "2026-02-28");

/// Cuts the terms at a day: from then on another price.
fn from_day(line: &mut Book, first: &str, rate: &str) {
    let terms = &mut line.terms().terms;
    let last = terms.last().unwrap().clone();
    let before = day(first).yesterday().unwrap();
    terms.last_mut().unwrap().days = Days::new(last.days.first(), before).unwrap();
    let days = Days::new(day(first), last.days.last()).unwrap();
    terms.push(Terms { days, price: Some(Price::Rate(price(rate))), ..last });
}

fn from_start(line: &mut Book, rate: &str) {
    line.terms().terms.iter_mut().for_each(|terms| terms.price = Some(Price::Rate(price(rate))));
}

#[test]
fn a_price_that_changes_from_a_day_leaves_what_was_before_and_one_from_the_start_is_held() {
    // Story IO-2001.
    let mut line = Book::metered(PricingModel::Cpm, first_half(), "10");
    line.deliver(JAN.0, JAN.1, "1000000");
    assert_eq!(gross(&line.run("2026-01")), money("10000.00"));
    from_day(&mut line, "2026-02-01", "8");
    line.deliver(FEB.0, FEB.1, "500000");
    let rated = line.run("2026-02");
    assert_eq!((gross(&rated), rated.held), (money("4000.00"), vec![]));
    from_start(&mut line, "8");
    line.deliver("2026-03-01", "2026-03-31", "250000");
    let rated = line.run("2026-03");
    assert_eq!(gross(&rated), money("2000.00"), "the rest of the line goes on");
    assert_eq!(held(&rated), [(1, "-2000.00".into(), HeldCause::Amendment)]);
    let changes: Vec<_> = rated.held[0]
        .changes
        .iter()
        .map(|change| format!("{} at {} per {}", change.units, change.bucket.rate, change.bucket.price_base))
        .collect();
    assert_eq!(changes, ["1000000 at 8 per 1000", "-1000000 at 10 per 1000"]);
}

#[test]
fn terms_that_are_split_or_merged_move_nothing_that_has_the_same_price() {
    let mut line = Book::metered(PricingModel::Cpm, first_half(), "8");
    line.deliver(JAN.0, JAN.1, "1000000");
    from_day(&mut line, "2026-02-01", "8");
    line.deliver(FEB.0, FEB.1, "500000");
    assert_eq!(gross(&line.run("2026-02")), money("12000.00"));
    line.terms().terms.pop();
    line.terms().terms[0].days = first_half();
    let rated = line.run("2026-02");
    assert_eq!((rated.items, rated.held), (vec![], vec![]));
}

#[test]
fn a_restatement_is_the_difference_at_its_price() {
    // Story of the accounts A, B and C: −12,000 at 8.00.
    let mut line = Book::metered(PricingModel::Cpm, first_half(), "8");
    line.deliver(JAN.0, JAN.1, "1000000");
    assert_eq!(gross(&line.run("2026-01")), money("8000.00"));
    line.terms().cells[0].units -= Decimal::from(12_000);
    let rated = line.run("2026-01");
    assert_eq!(rated.items, []);
    assert_eq!(held(&rated), [(1, "-96.00".into(), HeldCause::Restatement)]);
}

#[test]
fn late_delivery_within_the_cap_bills_under_its_month_and_the_rest_is_free() {
    // Story L1: 1,000,000 at 7.50, lesser of booked and delivered.
    let mut line = Book::metered(PricingModel::Cpm, days("2026-01-10", "2026-02-28"), "7.50");
    line.terms().cap = Cap::LesserOfBookedAndDelivered;
    line.terms().booked_units = Some(units("1000000"));
    line.deliver("2026-01-10", "2026-01-31", "612345");
    assert_eq!(gross(&line.run("2026-01")), money("4592.59"));
    line.terms().cells[0].units += Decimal::from(20_000);
    line.deliver(FEB.0, FEB.1, "400000");
    let rated = line.run("2026-02");
    let (delivery, over) = (LineKind::Delivery, LineKind::OverDelivery);
    assert_eq!(
        lines(&rated),
        [
            (delivery, "20000 × 7.5 = 150.00".into()),
            (delivery, "367655 × 7.5 = 2757.41".into()),
            (over, "32345 × 0 = 0.00".into()),
        ]
    );
    assert!(rated.items[0].late && !rated.items[1].late);
    assert_eq!(rated.items[0].delivered, Some(days("2026-01-10", "2026-01-31")));
    assert_eq!(line.billed(), money("7500.00"));
}

/// 500 k + 500 k booked at 10.00, 600 k then 450 k delivered.
fn capped(window: Window) -> Vec<String> {
    let mut line = Book::metered(PricingModel::Cpm, days("2026-01-01", "2026-02-28"), "10");
    let period = |(first, last)| PeriodUnits { period: days(first, last), units: units("500000") };
    line.terms().period_units = vec![period(JAN), period(FEB)];
    line.terms().booked_units = Some(units("1000000"));
    (line.terms().cap, line.terms().cap_window) = (Cap::LesserOfBookedAndDelivered, window);
    line.deliver(JAN.0, JAN.1, "600000");
    let january = line.run("2026-01");
    line.deliver(FEB.0, FEB.1, "450000");
    let february = line.run("2026-02");
    assert_eq!((january.held.len(), february.held.len()), (0, 0));
    [january, february].iter().map(|rated| gross(rated).to_string()).collect()
}

#[test]
fn a_cap_has_its_window() {
    assert_eq!(capped(Window::Life), ["6000.00", "4000.00"]);
    assert_eq!(capped(Window::Period), ["5000.00", "4500.00"]);
    assert_eq!(capped(Window::PeriodWithCarry), ["5000.00", "5000.00"]);
}

#[test]
fn the_unit_that_crosses_a_budget_bills_the_rest_of_it() {
    let mut line = Book::metered(PricingModel::Cpc, first_half(), "0.33");
    line.terms().cap = Cap::Budget(money("100.00"));
    line.deliver(JAN.0, JAN.1, "200");
    line.deliver(FEB.0, FEB.1, "200");
    assert_eq!(gross(&line.run("2026-01")), money("66.00"));
    let rated = line.run("2026-02");
    let (delivery, over) = (LineKind::Delivery, LineKind::OverDelivery);
    let expected = [
        (delivery, "1 × 0.01 = 0.01".into()),
        (delivery, "103 × 0.33 = 33.99".into()),
        (over, "96 × 0 = 0.00".into()),
    ];
    assert_eq!(lines(&rated), expected);
}

#[test]
fn hours_that_come_late_take_back_no_expenses_of_a_budget() {
    // 500.00 in all: 150.00 of January's hour and 350.00 spent in February. Another hour of January is then worth 150.00,
    // which February's expenses have used up: both wait, and together they come to nothing.
    let mut line = Book::metered(PricingModel::TimeAndMaterials, first_half(), "150");
    line.terms().cap = Cap::Budget(money("500.00"));
    line.terms().expenses = Some(Expenses { markup_percent: units("0"), cap: None });
    line.deliver(JAN.0, JAN.1, "1");
    assert_eq!(gross(&line.run("2026-01")), money("150.00"));
    let spend = Decimal::from(600);
    line.terms().cells.push(Cell { days: days(FEB.0, FEB.1), units: Decimal::ZERO, spend });
    assert_eq!(gross(&line.run("2026-02")), money("350.00"));
    line.terms().cells[0].units += Decimal::ONE;
    let rated = line.run("2026-03");
    assert_eq!(gross(&rated), money("0.00"));
    let waits = [(1, "150.00".into(), HeldCause::Cap), (2, "-150.00".into(), HeldCause::Cap)];
    assert_eq!(held(&rated), waits);
    // Less was spent than was billed: that is a restatement.
    line.terms().cells[0].units -= Decimal::ONE;
    line.terms().cells[1].spend = Decimal::from(300);
    assert_eq!(held(&line.run("2026-03")), [(2, "-50.00".into(), HeldCause::Restatement)]);
}

/// 1,200.00 in all at 100.00 an hour and 10 % on expenses. January: 725.00 + 366.66(3); 108.33(7) are left for 1.5 hours of February,
/// and nothing for its expenses.
#[test]
fn expenses_beyond_a_budget_are_shown_and_free() {
    let mut line = Book::metered(PricingModel::TimeAndMaterials, first_half(), "100");
    line.terms().cap = Cap::Budget(money("1200.00"));
    line.terms().expenses = Some(Expenses { markup_percent: units("10"), cap: None });
    let cell = |(first, last), units: &str, spend: &str| Cell {
        days: days(first, last),
        units: units.parse().unwrap(),
        spend: spend.parse().unwrap(),
    };
    line.terms().cells.push(cell(JAN, "7.25", "333.33"));
    assert_eq!(gross(&line.run("2026-01")), money("1091.66"));
    line.terms().cells.push(cell(FEB, "1.5", "300.00"));
    let expected = [
        (LineKind::Delivery, Unit::Hour, "1.08337 × 100 = 108.34".into()),
        (LineKind::Expenses, Unit::Spend, "300 × 0 = 0.00".into()),
        (LineKind::OverDelivery, Unit::Hour, "0.41663 × 0 = 0.00".into()),
    ];
    assert_eq!(shown(&line.run("2026-02")), expected);
    let again = line.run("2026-03");
    assert_eq!((again.items, again.held), (vec![], vec![]), "once");
}

fn shown(rated: &RatedLine) -> Vec<(LineKind, Unit, String)> {
    let line = |item: &RatedItem| {
        let said = format!("{} × {} = {}", item.quantity.normalize(), item.bucket.rate, item.gross);
        (item.bucket.kind, item.unit, said)
    };
    rated.items.iter().map(line).collect()
}

/// 400.00 of 700.00 spent are within the cap of the expenses, and 300.00 are not.
#[test]
fn expenses_beyond_their_own_cap_are_shown_and_free() {
    let mut line = Book::metered(PricingModel::TimeAndMaterials, first_half(), "100");
    line.terms().expenses = Some(Expenses { markup_percent: units("10"), cap: Some(money("400.00")) });
    line.terms().cells.push(Cell {
        days: days(JAN.0, JAN.1),
        units: Decimal::ZERO,
        spend: Decimal::from(700),
    });
    let expected = [
        (LineKind::Expenses, Unit::Spend, "300 × 0 = 0.00".into()),
        (LineKind::Expenses, Unit::Spend, "400 × 1.1 = 440.00".into()),
    ];
    assert_eq!(shown(&line.run("2026-01")), expected);
}

#[test]
fn a_maximum_of_spend_is_a_budget() {
    let mut line = Book::metered(PricingModel::PercentOfSpend, first_half(), "15");
    (line.terms().cap, line.terms().cap_window) = (Cap::Budget(money("5000.00")), Window::Period);
    line.deliver(JAN.0, JAN.1, "60000.50");
    line.deliver(FEB.0, FEB.1, "1234.56");
    let rated = line.run("2026-02");
    let (delivery, over) = (LineKind::Delivery, LineKind::OverDelivery);
    let expected = [
        (delivery, "33333.333333 × 15 = 5000.00".into()),
        (over, "26667.166667 × 0 = 0.00".into()),
        (delivery, "1234.56 × 15 = 185.18".into()),
    ];
    assert_eq!(lines(&rated), expected);
}

#[test]
fn late_delivery_takes_its_place_from_the_top_up_on_the_same_document() {
    // 1,200,000 committed, 1,120,000 rated: 80,000.00; then 15,000 late.
    let mut line = Book::metered(PricingModel::Cpd, days("2026-01-01", "2026-02-28"), "1000");
    line.terms().minimum = Some(Minimum { amount: money("1200000.00"), window: Window::Life });
    line.deliver(JAN.0, JAN.1, "600");
    assert_eq!(gross(&line.run("2026-01")), money("600000.00"));
    line.deliver(FEB.0, FEB.1, "520");
    let rated = line.run("2026-02");
    let (delivery, minimum) = (LineKind::Delivery, LineKind::Minimum);
    let expected = [(delivery, "520 × 1000 = 520000.00".into()), (minimum, "1 × 80000 = 80000.00".into())];
    assert_eq!(lines(&rated), expected);
    line.terms().cells[0].units += Decimal::from(15);
    let rated = line.run("2026-03");
    let expected = [
        (delivery, "15 × 1000 = 15000.00".into()),
        (minimum, "1 × 65000 = 65000.00".into()),
        (minimum, "-1 × 80000 = -80000.00".into()),
    ];
    assert_eq!(lines(&rated), expected);
    assert_eq!((gross(&rated), rated.held), (money("0.00"), vec![]));
}

/// 1,000,000 and 500,000 at 10.00, far above the minimum. Of January 200,000 are taken back, −2,000.00, and 100,000 of February come
/// late: 1,000.00 are February's own and bill, though the window of the minimum comes to 1,000.00 less as a whole.
#[test]
fn what_another_period_of_a_minimum_is_worth_more_bills_beside_what_is_held() {
    let mut line = Book::metered(PricingModel::Cpm, days("2026-01-01", "2026-02-28"), "10");
    line.terms().minimum = Some(Minimum { amount: money("1000.00"), window: Window::Life });
    line.deliver(JAN.0, JAN.1, "1000000");
    line.deliver(FEB.0, FEB.1, "500000");
    assert_eq!(gross(&line.run("2026-02")), money("15000.00"));
    line.terms().cells[0].units = Decimal::from(800_000);
    line.terms().cells[1].units = Decimal::from(600_000);
    let rated = line.run("2026-02");
    assert_eq!(lines(&rated), [(LineKind::Delivery, "100000 × 10 = 1000.00".into())]);
    assert_eq!(held(&rated), [(1, "-2000.00".into(), HeldCause::Restatement)]);
    let again = line.run("2026-03");
    assert_eq!((again.items, again.held), (vec![], rated.held), "it bills once");
}

/// The same where the minimum is 14,500.00: 14,000.00 were delivered, so that 500.00 of it are due once January is corrected, and not
/// before.
#[test]
fn what_a_minimum_adds_only_because_of_what_is_held_waits_with_it() {
    let mut line = Book::metered(PricingModel::Cpm, days("2026-01-01", "2026-02-28"), "10");
    line.terms().minimum = Some(Minimum { amount: money("14500.00"), window: Window::Life });
    line.deliver(JAN.0, JAN.1, "1000000");
    line.deliver(FEB.0, FEB.1, "500000");
    assert_eq!(gross(&line.run("2026-02")), money("15000.00"));
    line.terms().cells[0].units = Decimal::from(800_000);
    line.terms().cells[1].units = Decimal::from(600_000);
    let rated = line.run("2026-02");
    assert_eq!(gross(&rated), money("1000.00"));
    let minimum = HeldCause::Minimum;
    assert_eq!(held(&rated), [(1, "-2000.00".into(), HeldCause::Restatement), (2, "500.00".into(), minimum)]);
    assert!(rated.held[1].why().ends_with("this bills"), "{}", rated.held[1].why());
}

#[test]
fn what_was_delivered_after_the_end_of_a_line_is_held_as_its_cancellation() {
    let mut line = Book::metered(PricingModel::Cpm, first_half(), "8");
    line.deliver(JAN.0, JAN.1, "1000000");
    line.deliver(FEB.0, FEB.1, "1000000");
    line.run("2026-02");
    line.terms().ended = Some(day("2026-01-31"));
    line.terms().terms[0].days = days("2026-01-01", "2026-01-31");
    assert_eq!(held(&line.run("2026-03")), [(2, "-8000.00".into(), HeldCause::Cancellation)]);
}

/// Ends a line of six months early.
fn end(line: &mut Book, last: &str) {
    line.terms().ended = Some(day(last));
    line.terms().terms[0].days = days("2026-01-01", last);
}

#[test]
fn what_was_promised_over_its_life_is_due_with_the_last_period_of_a_line_that_ended_early() {
    // At least 1,200.00 from January to June; 800.00 were delivered in January, and the line ended in February.
    let mut line = Book::metered(PricingModel::Cpm, first_half(), "8");
    line.terms().minimum = Some(Minimum { amount: money("1200.00"), window: Window::Life });
    line.deliver(JAN.0, JAN.1, "100000");
    end(&mut line, "2026-02-15");
    assert_eq!(gross(&line.run("2026-01")), money("800.00"));
    assert_eq!(lines(&line.run("2026-02")), [(LineKind::Minimum, "1 × 400 = 400.00".into())]);
    let rated = line.run("2026-06");
    assert_eq!((rated.items, rated.held), (vec![], vec![]));
}

#[test]
fn a_minimum_of_each_period_is_none_of_those_after_the_end() {
    // At least 1,000.00 a month; 400.00 were delivered in January, with which the line ended.
    let minimum = Some(Minimum { amount: money("1000.00"), window: Window::Period });
    let mut line = Book::metered(PricingModel::Cpm, first_half(), "8");
    line.terms().minimum = minimum;
    line.deliver(JAN.0, JAN.1, "50000");
    let mut known_late = line.clone();
    end(&mut line, "2026-01-31");
    assert_eq!(gross(&line.run("2026-06")), money("1000.00"));
    // The same where two more months were billed before it was known: they are held as what the cancellation takes back.
    assert_eq!(gross(&known_late.run("2026-03")), money("3000.00"));
    end(&mut known_late, "2026-01-31");
    let (too_much, cause) = ("-1000.00".to_owned(), HeldCause::Cancellation);
    assert_eq!(held(&known_late.run("2026-03")), [(2, too_much.clone(), cause), (3, too_much, cause)]);
}

#[test]
fn delivery_out_of_flight_is_an_error_and_not_a_loss() {
    let mut line = Book::metered(PricingModel::Cpm, first_half(), "8");
    line.deliver("2025-12-01", "2025-12-31", "5");
    assert_eq!(rate(&line.0).unwrap_err().reason(), "DELIVERY_OUT_OF_FLIGHT");
    line.terms().cells.clear();
    line.deliver(JAN.0, JAN.1, "5");
    line.terms().terms[0].price = None;
    assert_eq!(rate(&line.0).unwrap_err().reason(), "PRICE_MISSING");
    line.terms().cap = Cap::LesserOfBookedAndDelivered;
    assert_eq!(rate(&line.0).unwrap_err().reason(), "TERMS_INCOMPLETE");
}

#[test]
fn a_discount_makes_a_price_and_is_no_line_of_its_own() {
    let mut line = Book::metered(PricingModel::Cpm, first_half(), "10");
    line.terms().terms[0].discount = Percent::parse("12.5").unwrap();
    line.deliver(JAN.0, JAN.1, "123457");
    assert_eq!(lines(&line.run("2026-01")), [(LineKind::Delivery, "123457 × 8.75 = 1080.25".into())]);
}
