use super::*;

fn january() -> Days {
    days("2026-01-01", "2026-01-31")
}

#[test]
fn a_spot_that_did_not_air_after_all_is_held_and_the_rest_goes_on() {
    let mut line = Book::spots("9", "275", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-01-05"), spot("2", "2026-01-12")]);
    line.run("2026-01");
    line.restate("1", |airing| airing.status = AiringStatus::NotAired);
    line.report([spot("3", "2026-02-05")]);
    for billed in ["275.00", "0.00"] {
        let rated = line.run("2026-02");
        assert_eq!(gross(&rated), money(billed));
        assert_eq!(held(&rated), [(1, "-275.00".into(), HeldCause::Restatement)]);
    }
}

#[test]
fn a_correction_that_was_made_is_not_made_again() {
    let mut line = Book::spots("9", "275", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-01-05"), spot("2", "2026-01-12")]);
    line.run("2026-01");
    line.enter(Basis::Correction, january(), ("-1", "275"), "-275.00");
    line.restate("1", |airing| airing.status = AiringStatus::NotAired);
    let rated = line.run("2026-02");
    assert_eq!((rated.items, rated.held), (vec![], vec![]));
}

#[test]
fn goodwill_changes_nothing_that_is_billed() {
    let mut line = Book::spots("9", "275", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-01-05")]);
    line.run("2026-01");
    for basis in [Basis::Commercial, Basis::Tax, Basis::Makegood, Basis::WriteOff] {
        line.enter(basis, january(), ("0", "275"), "-50.00");
    }
    assert_eq!(line.run("2026-02").items, []);
}

#[test]
fn another_price_is_the_old_one_back_and_the_new_one() {
    let mut line = Book::spots("9", "275", Cap::LesserOfBookedAndDelivered);
    line.report([at("100", spot("1", "2026-01-05")), at("100", spot("2", "2026-01-06"))]);
    line.run("2026-01");
    line.restate("1", |airing| airing.rate = Some(price("120")));
    let rated = line.run("2026-02");
    let spots = LineKind::Spots;
    assert_eq!(lines(&rated), [(spots, "-1 × 100 = -100.00".into()), (spots, "1 × 120 = 120.00".into())]);
    assert_eq!(rated.items[1].airings, [(spot("1", "2026-01-05").id, 2)]);
    line.restate("2", |airing| airing.rate = Some(price("90")));
    assert_eq!(held(&line.run("2026-02")), [(1, "-10.00".into(), HeldCause::Amendment)]);
}

#[test]
fn a_ledger_that_its_units_do_not_explain_bills_nothing() {
    let mut line = Book::spots("9", "275", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-01-05")]);
    line.enter(Basis::Rated, january(), ("1", "275"), "274.99");
    assert_eq!(rate(&line.0).unwrap_err().reason(), "BILLED_LEDGER_BROKEN");
}

#[test]
fn an_entity_may_round_otherwise_from_now_on() {
    let mut line = Book::spots("9", "0.125", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-01-05")]);
    assert_eq!(gross(&line.run("2026-01")), money("0.13"));
    line.0.rounding = Rounding::HalfEven;
    assert_eq!(line.run("2026-01").items, [], "0.125 would be 0.12 now, and takes nothing back");
    line.report([spot("2", "2026-02-05")]);
    assert_eq!(gross(&line.run("2026-02")), money("0.12"));
}
