use super::{
    super::{Decided, Excess, excess},
    *,
};

const KIND: LineKind = LineKind::Makegood;

fn decide(book: &mut Book, bills: &str, free: &str) {
    let Pricing::PerSpot { decided, .. } = &mut book.0.pricing else { panic!("spots") };
    let (bills, free) = (bills.parse().unwrap(), free.parse().unwrap());
    decided.push(Decided { origin_first: day("2026-02-01"), bills, free });
}

/// What waits in the month that the book has run last.
fn waiting(book: &Book) -> Vec<(String, usize)> {
    excess(&book.0)
        .unwrap()
        .into_iter()
        .map(|Excess { amount, spots, .. }| (amount.to_string(), spots))
        .collect()
}

#[test]
fn what_is_beyond_waits_and_bills_once_it_is_decided() {
    let mut line = Book::spots("2", "275", Cap::LesserOfBookedAndDelivered);
    line.report([makegood(&["S1"], ("0", "150"), at("450", spot("2", "2026-02-03")))]);
    let rated = line.run("2026-02");
    assert_eq!(lines(&rated), [(KIND, "1 × 300 = 300.00".into())]);
    assert_eq!((rated.held, waiting(&line)), (vec![], vec![("150.00".into(), 1)]));
    assert_eq!(line.run("2026-03").items, [], "it waits as long as nobody decides");
    decide(&mut line, "150", "0");
    assert_eq!(waiting(&line), []);
    let rated = line.run("2026-03");
    assert_eq!(lines(&rated), [(KIND, "-1 × 300 = -300.00".into()), (KIND, "1 × 450 = 450.00".into())]);
}

#[test]
fn what_nobody_is_owed_is_on_no_document_before_it_is_decided() {
    let beyond = || makegood(&["S1"], ("0", "275"), spot("2", "2026-02-03"));
    let mut line = Book::spots("2", "275", Cap::LesserOfBookedAndDelivered);
    line.report([beyond()]);
    assert_eq!((line.run("2026-02").items, waiting(&line)), (vec![], vec![("275.00".into(), 1)]));
    let mut billed = line.clone();
    decide(&mut billed, "275", "0");
    assert_eq!(lines(&billed.run("2026-02")), [(KIND, "1 × 275 = 275.00".into())]);
    decide(&mut line, "0", "275");
    let rated = line.run("2026-02");
    assert_eq!((lines(&rated), waiting(&line)), (vec![(KIND, "1 × 0 = 0.00".into())], vec![]));
}

#[test]
fn a_decision_is_about_an_amount() {
    let mut line = Book::spots("2", "275", Cap::LesserOfBookedAndDelivered);
    line.report([makegood(&["S1"], ("0", "275"), spot("2", "2026-02-03"))]);
    line.run("2026-02");
    decide(&mut line, "275", "0");
    line.report([makegood(&["S1"], ("0", "100"), at("100", spot("3", "2026-02-04")))]);
    assert_eq!(lines(&line.run("2026-02")), [(KIND, "1 × 275 = 275.00".into())]);
    assert_eq!(waiting(&line), [("100.00".into(), 1)], "what comes later is asked anew");
}

#[test]
fn what_is_owed_no_more_is_held() {
    let mut line = Book::spots("2", "275", Cap::LesserOfBookedAndDelivered);
    line.report([makegood(&["S1"], ("0", "0"), spot("2", "2026-02-03"))]);
    assert_eq!(gross(&line.run("2026-02")), money("275.00"));
    line.restate("2", |airing| {
        airing.makegood = makegood(&["S1"], ("0", "275"), airing.clone()).makegood;
    });
    let rated = line.run("2026-03");
    assert_eq!((rated.items.len(), held(&rated)), (0, vec![(2, "-275.00".into(), HeldCause::Makegood)]));
    assert_eq!(waiting(&line), [("275.00".into(), 1)]);
    decide(&mut line, "275", "0");
    let rated = line.run("2026-03");
    assert_eq!((rated.items.len(), rated.held), (0, vec![]), "it was billed rightly after all");
}

#[test]
fn a_part_may_be_free_a_part_bill_and_a_part_wait() {
    let mut line = Book::spots("2", "275", Cap::LesserOfBookedAndDelivered);
    line.report([makegood(&["S1", "S2"], ("100", "50"), at("250", spot("2", "2026-02-03")))]);
    let rated = line.run("2026-02");
    assert_eq!(
        (lines(&rated), waiting(&line)),
        (vec![(KIND, "1 × 100 = 100.00".into())], vec![("50.00".into(), 1)])
    );
}
