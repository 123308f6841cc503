use super::*;

/// Five spots at 275.00 in one month, one more reported later, of an earlier day.
fn five_and_one(cap: Cap) -> (RatedLine, RatedLine) {
    let mut line = Book::spots("4", "275", cap);
    line.report((11..=15).map(|n| spot(&n.to_string(), &format!("2026-01-{n}"))));
    let first = line.run("2026-01");
    line.report([spot("1", "2026-01-01")]);
    (first, line.run("2026-02"))
}

#[test]
fn every_cap_over_one_month() {
    let percent = |text| Cap::Percent(units(text));
    let table = [
        // Cap, billed for five spots, over-delivered; then with one more of an earlier day.
        (Cap::LesserOfBookedAndDelivered, ("1100.00", 1), ("0.00", 1)),
        (Cap::Uncapped, ("1375.00", 0), ("275.00", 0)),
        (Cap::Budget(money("600.00")), ("600.00", 2), ("0.00", 1)),
        (Cap::Budget(money("550.00")), ("550.00", 3), ("0.00", 1)),
        (percent("50"), ("550.00", 3), ("0.00", 1)),
        // 4 × 74.9 % is 2.996: two whole units.
        (percent("74.9"), ("550.00", 3), ("0.00", 1)),
        (percent("125"), ("1375.00", 0), ("0.00", 1)),
        (percent("150"), ("1375.00", 0), ("275.00", 0)),
    ];
    for (cap, first, then) in table {
        let (january, later) = five_and_one(cap);
        for (rated, (billed, over)) in [(january, first), (later, then)] {
            assert_eq!(gross(&rated), money(billed), "{cap:?}");
            let free = rated.items.iter().filter(|item| item.bucket.kind == LineKind::OverDelivery);
            assert_eq!(
                free.clone().map(|item| item.quantity).sum::<Decimal>(),
                Decimal::from(over),
                "{cap:?}"
            );
            assert!(free.clone().all(|item| item.gross.is_zero()), "{cap:?}");
            assert_eq!(rated.held, [], "{cap:?}");
        }
    }
}

#[test]
fn the_spot_that_crosses_a_budget_bills_the_rest_of_it() {
    let (january, _) = five_and_one(Cap::Budget(money("600.00")));
    let (spots, over) = (LineKind::Spots, LineKind::OverDelivery);
    let expected =
        [(spots, "1 × 50 = 50.00".into()), (spots, "2 × 275 = 550.00".into()), (over, "2 × 0 = 0.00".into())];
    assert_eq!(lines(&january), expected);
}

#[test]
fn a_late_spot_does_not_bill_beside_the_one_that_it_displaces() {
    let mut line = Book::spots("2", "100", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-02-10"), spot("2", "2026-02-20")]);
    assert_eq!(gross(&line.run("2026-02")), money("200.00"));
    line.report([spot("0", "2026-01-05")]);
    let rated = line.run("2026-02");
    assert_eq!(
        lines(&rated),
        [(LineKind::OverDelivery, "1 × 0 = 0.00".into())],
        "two were booked, and two are billed"
    );
    let cap = HeldCause::Cap;
    assert_eq!(held(&rated), [(1, "100.00".into(), cap), (2, "-100.00".into(), cap)]);
}

#[test]
fn what_stays_leaves_the_rest_of_the_cap_to_the_others() {
    let mut line = Book::spots("3", "100", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-02-10"), spot("2", "2026-02-20")]);
    line.run("2026-02");
    line.report([spot("a", "2026-01-05"), spot("b", "2026-01-06")]);
    assert_eq!(gross(&line.run("2026-02")), money("100.00"));
    assert_eq!(line.billed(), money("300.00"));
}

#[test]
fn a_lowered_budget_takes_nothing_back_by_itself() {
    let mut line = Book::spots("9", "100", Cap::Budget(money("250.00")));
    line.report([spot("1", "2026-01-10"), spot("2", "2026-01-20"), spot("3", "2026-01-30")]);
    assert_eq!(gross(&line.run("2026-01")), money("250.00"));
    let Pricing::PerSpot { cap, .. } = &mut line.0.pricing else { panic!("spots") };
    *cap = Cap::Budget(money("120.00"));
    line.report([spot("4", "2026-02-01")]);
    let rated = line.run("2026-02");
    assert_eq!(gross(&rated), money("0.00"));
    assert_eq!(held(&rated), [(1, "-130.00".into(), HeldCause::Cap)]);
}

// The same of what is counted: a cap that is amended below what is billed.
#[test]
fn a_cap_below_what_is_billed_is_held_and_bills_nothing_more() {
    let table = [
        // What was the cap, at 10.00 for a thousand; what it is then; what is billed, and then held of it.
        (Cap::Budget(money("8000.00")), Cap::Budget(money("5000.00")), "8000.00", "-3000.00"),
        (Cap::Percent(units("80")), Cap::Percent(units("50")), "8000.00", "-3000.00"),
        (Cap::Uncapped, Cap::LesserOfBookedAndDelivered, "12000.00", "-2000.00"),
    ];
    for (before, after, billed, expected) in table {
        let mut line = Book::metered(PricingModel::Cpm, days("2026-01-01", "2026-06-30"), "10");
        (line.terms().cap, line.terms().booked_units) = (before, Some(units("1000000")));
        line.deliver("2026-01-01", "2026-01-31", "1200000");
        assert_eq!(gross(&line.run("2026-01")), money(billed), "{before:?}");
        line.terms().cap = after;
        line.deliver("2026-02-01", "2026-02-28", "100000");
        let rated = line.run("2026-02");
        assert_eq!(lines(&rated), [(LineKind::OverDelivery, "100000 × 0 = 0.00".into())], "{after:?}");
        assert_eq!(held(&rated), [(1, expected.into(), HeldCause::Cap)], "{after:?}");
    }
}

#[test]
fn fewer_booked_units_than_are_billed_are_held() {
    let mut line = Book::metered(PricingModel::Cpm, days("2026-01-01", "2026-06-30"), "7.50");
    line.terms().cap = Cap::LesserOfBookedAndDelivered;
    line.terms().booked_units = Some(units("1000000"));
    line.deliver("2026-01-01", "2026-01-31", "800000");
    assert_eq!(gross(&line.run("2026-01")), money("6000.00"));
    line.terms().booked_units = Some(units("600000"));
    let rated = line.run("2026-02");
    assert_eq!((gross(&rated), held(&rated)), (money("0.00"), vec![(1, "-1500.00".into(), HeldCause::Cap)]));
}
