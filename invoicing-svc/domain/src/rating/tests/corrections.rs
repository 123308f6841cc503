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

/// A million impressions at 10.00: 10,000.00 are billed of January.
fn a_million_billed() -> Book {
    let mut line = Book::metered(PricingModel::Cpm, days("2026-01-01", "2026-06-30"), "10");
    line.deliver("2026-01-01", "2026-01-31", "1000000");
    assert_eq!(gross(&line.run("2026-01")), money("10000.00"));
    line
}

/// A note on what the first document bills.
fn note(line: &mut Book, basis: Basis, units: i64, gross: &str) {
    let billed = line.0.billed_before[0];
    line.0.last_entry += 1;
    line.0.billed_before.push(Billed { units: Decimal::from(units), gross: money(gross), basis, ..billed });
}

// domain.md §4: billed 10,000, goodwill −500, no new delivery: the next run 0.00.
#[test]
fn goodwill_on_what_was_counted_is_not_billed_again() {
    let mut line = a_million_billed();
    note(&mut line, Basis::Commercial, 0, "-500.00");
    let rated = line.run("2026-02");
    assert_eq!((gross(&rated), rated.items, rated.held), (money("0.00"), vec![], vec![]));
}

// domain.md §4: billed 10,000, quantity credit −1,000, then a restatement of −100,000: 0.00, not −1,000 again.
#[test]
fn a_quantity_that_was_credited_and_then_restated_is_taken_back_once() {
    let mut line = a_million_billed();
    note(&mut line, Basis::Correction, -100_000, "-1000.00");
    line.terms().cells[0].units -= Decimal::from(100_000);
    let rated = line.run("2026-02");
    assert_eq!((gross(&rated), rated.items, rated.held), (money("0.00"), vec![], vec![]));
    line.terms().cells[0].units -= Decimal::from(1_000);
    assert_eq!(
        held(&line.run("2026-02")),
        [(1, "-10.00".into(), HeldCause::Restatement)],
        "what comes after that is new"
    );
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

/// 900,000 of the million were delivered, and 500,000 in February: −100,000 at 10.00 is −1,000.00 beside 5,000.00.
#[test]
fn what_was_billed_too_much_is_taken_back_where_that_is_asked() {
    let mut line = a_million_billed();
    line.terms().cells[0].units = Decimal::from(900_000);
    line.deliver("2026-02-01", "2026-02-28", "500000");
    line.0.month = month("2026-02");
    let kept = rate(&line.0).unwrap();
    assert_eq!(gross(&kept), money("5000.00"));
    assert_eq!(held(&kept), [(1, "-1000.00".into(), HeldCause::Restatement)]);
    assert!(line.0.only_runs_billed(&kept.held));
    let taken = rate_taking_back(&line.0).unwrap();
    let expected = ["-100000 × 10 = -1000.00", "500000 × 10 = 5000.00"];
    assert_eq!(lines(&taken), expected.map(|said| (LineKind::Delivery, said.to_owned())));
    assert_eq!(taken.held, []);
    line.issue(&taken);
    let next = line.run("2026-03");
    assert_eq!((next.items, next.held), (vec![], vec![]), "it is taken back once");
    note(&mut line, Basis::Commercial, 0, "-500.00");
    assert!(!line.0.only_runs_billed(&kept.held), "a note has touched the period");
}

/// 1,000.55 was billed of January and 800.22 is scheduled: −200.33 beside February's 1,000.55.
#[test]
fn a_part_of_a_fee_that_became_smaller_is_taken_back_where_that_is_asked() {
    let february = ("2026-02-01", "2026-02-28", "1000.55");
    let mut line = Book::fee(&[("2026-01-01", "2026-01-31", "1000.55"), february]);
    line.run("2026-01");
    line.0.pricing = Book::fee(&[("2026-01-01", "2026-01-31", "800.22"), february]).0.pricing;
    line.0.month = month("2026-02");
    let taken = rate_taking_back(&line.0).unwrap();
    let expected = ["-1 × 200.33 = -200.33", "1 × 1000.55 = 1000.55"];
    assert_eq!(lines(&taken), expected.map(|said| (LineKind::SchedulePart, said.to_owned())));
    assert_eq!(taken.held, []);
}

#[test]
fn spots_are_credited_by_name_whatever_is_asked() {
    let mut line = Book::spots("9", "275", Cap::LesserOfBookedAndDelivered);
    line.report([spot("1", "2026-01-05"), spot("2", "2026-01-12")]);
    line.run("2026-01");
    line.restate("1", |airing| airing.status = AiringStatus::NotAired);
    assert_eq!(rate_taking_back(&line.0).unwrap(), rate(&line.0).unwrap());
}
