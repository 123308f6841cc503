use super::*;

#[test]
fn what_another_system_billed_bills_nothing_here() {
    let mut line = Book::spots("4", "275", Cap::LesserOfBookedAndDelivered);
    // Two spots of January, at a price of its own.
    line.enter(Basis::Opening, days("2026-01-01", "2026-01-31"), ("2", "0"), "500.00");
    line.report((1..=3).map(|n| spot(&n.to_string(), &format!("2026-01-0{n}"))));
    line.report([spot("4", "2026-02-01"), spot("5", "2026-02-02")]);
    let rated = line.run("2026-02");
    let (spots, over) = (LineKind::Spots, LineKind::OverDelivery);
    let expected = [
        (spots, "1 × 275 = 275.00".into()),
        (spots, "1 × 275 = 275.00".into()),
        (over, "1 × 0 = 0.00".into()),
    ];
    assert_eq!(lines(&rated), expected, "its units use up the cap");
    assert_eq!(rated.items[0].airings, [(spot("3", "2026-01-03").id, 1)]);
}

#[test]
fn spots_of_an_opening_balance_need_never_come() {
    let mut line = Book::spots("4", "275", Cap::Budget(money("600.00")));
    line.enter(Basis::Opening, days("2026-01-01", "2026-01-31"), ("2", "0"), "500.00");
    line.report([spot("4", "2026-02-01")]);
    let rated = line.run("2026-02");
    assert_eq!((gross(&rated), rated.held), (money("100.00"), vec![]), "its money uses up the budget");
}

#[test]
fn an_opening_balance_of_money_alone_says_too_little() {
    let mut line = Book::spots("4", "275", Cap::Uncapped);
    line.enter(Basis::Opening, days("2026-01-01", "2026-01-31"), ("0", "0"), "500.00");
    assert_eq!(rate(&line.0).unwrap_err().reason(), "OPENING_WITHOUT_UNITS");
}

fn january() -> Days {
    days("2026-01-01", "2026-01-31")
}

/// Clicks at 1.00, 2,000 booked, of which 1,400 of January were billed elsewhere for 1,400.00 and 1,000 were delivered: 400.00 too much.
fn four_hundred_too_much() -> Book {
    let mut line = Book::metered(PricingModel::Cpc, days("2026-01-01", "2026-06-30"), "1");
    (line.terms().cap, line.terms().booked_units) = (Cap::LesserOfBookedAndDelivered, Some(units("2000")));
    line.enter(Basis::Opening, january(), ("1400", "0"), "1400.00");
    line.deliver("2026-01-01", "2026-01-31", "1000");
    line
}

/// 400 of February's 600 were paid for, so that 1,600 clicks are 1,600.00 in all. 100 that come late for January leave 300 of them.
#[test]
fn what_another_system_billed_too_much_is_held_until_later_units_are_set_off() {
    let mut line = four_hundred_too_much();
    let rated = line.run("2026-01");
    let cause = HeldCause::Restatement;
    assert_eq!((rated.items.len(), held(&rated)), (0, vec![(1, "-400.00".into(), cause)]));
    assert_eq!(
        (rated.held[0].changes[0].units, rated.held[0].changes[0].bucket.rate),
        (Decimal::from(-400), price("1"))
    );
    line.deliver("2026-02-01", "2026-02-28", "600");
    let rated = line.run("2026-02");
    assert_eq!(lines(&rated), [(LineKind::Delivery, "200 × 1 = 200.00".into())]);
    assert_eq!((rated.held, line.billed()), (vec![], money("1600.00")));
    line.terms().cells[0].units += Decimal::from(100);
    assert_eq!(lines(&line.run("2026-03")), [(LineKind::Delivery, "100 × 1 = 100.00".into())]);
    line.deliver("2026-03-01", "2026-03-31", "900");
    assert_eq!(gross(&line.run("2026-03")), money("300.00"), "2,000 of 2,600 are booked");
    assert_eq!(line.billed(), money("2000.00"));
}

/// Nobody knows what was delivered before the cut-over: January stands as it was billed, and February's 600 bill.
#[test]
fn an_opening_balance_whose_delivery_is_not_known_is_set_off_against_nothing_else() {
    let mut line = four_hundred_too_much();
    line.terms().cells.clear();
    line.deliver("2026-02-01", "2026-02-28", "600");
    let rated = line.run("2026-02");
    assert_eq!((gross(&rated), rated.held), (money("600.00"), vec![]));
}

/// Units of another price, or of another window, are worth something else: the money is held, and nothing is set off.
#[test]
fn what_was_billed_too_much_is_no_unit_of_another_price_or_window() {
    let too_much = (1, "-400.00".to_owned(), HeldCause::Restatement);
    let mut dearer = four_hundred_too_much();
    let first = dearer.terms().terms[0].clone();
    let rest = Terms {
        days: days("2026-02-01", "2026-06-30"),
        price: Some(Price::Rate(price("2"))),
        ..first.clone()
    };
    dearer.terms().terms = vec![Terms { days: january(), ..first }, rest];
    dearer.deliver("2026-02-01", "2026-02-28", "600");
    let rated = dearer.run("2026-02");
    assert_eq!((gross(&rated), held(&rated)), (money("1200.00"), vec![too_much.clone()]));
    let mut by_period = four_hundred_too_much();
    (by_period.terms().cap, by_period.terms().cap_window) = (Cap::Budget(money("1500.00")), Window::Period);
    by_period.deliver("2026-02-01", "2026-02-28", "600");
    let rated = by_period.run("2026-02");
    assert_eq!((gross(&rated), held(&rated)), (money("600.00"), vec![too_much]));
}

/// 4 spots of January were billed elsewhere for 1,000.00, and 3 aired: 250.00 of the fourth are held.
#[test]
fn a_spot_that_another_system_billed_and_that_did_not_come_is_held_beside_those_that_did() {
    let mut line = Book::spots("9", "275", Cap::LesserOfBookedAndDelivered);
    line.enter(Basis::Opening, january(), ("4", "0"), "1000.00");
    line.report((1..=3).map(|n| spot(&n.to_string(), &format!("2026-01-0{n}"))));
    line.report([spot("4", "2026-02-01")]);
    let rated = line.run("2026-02");
    assert_eq!(gross(&rated), money("275.00"));
    assert_eq!(held(&rated), [(1, "-250.00".into(), HeldCause::Restatement)]);
}

/// 1,500 were delivered of January, so that 100 bill here, and then it turns out that they were 1,000: 100.00 and 400.00 too much.
#[test]
fn what_both_systems_billed_too_much_of_a_period_is_one_difference() {
    let mut line = four_hundred_too_much();
    line.terms().cells[0].units = Decimal::from(1_500);
    assert_eq!(gross(&line.run("2026-01")), money("100.00"));
    line.terms().cells[0].units = Decimal::from(1_000);
    let rated = line.run("2026-01");
    assert_eq!((rated.items.len(), held(&rated)), (0, vec![(1, "-500.00".into(), HeldCause::Restatement)]));
    assert_eq!(rated.held[0].changes.len(), 2);
}
