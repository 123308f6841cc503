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
