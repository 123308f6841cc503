use ids::InvoiceId;

use super::*;
use crate::rating::{Change, Held, HeldCause};

fn bucket(rate: &str, price_base: u32) -> Bucket {
    Bucket {
        origin: january(),
        kind: LineKind::Delivery,
        segment_first: january().first(),
        rate: Rate::parse(rate).unwrap(),
        price_base,
    }
}

fn change(units: i64, bucket: Bucket) -> Change {
    Change { bucket, units: Decimal::from(units) }
}

/// Line 1 of a document.
fn source(document: &str, units: i64, bucket: Bucket, left: &str) -> Source {
    let invoice = InvoiceId::derived(&[document.as_bytes()]);
    Source { invoice, number: 1, bucket, units: Decimal::from(units), left: money(left), spots: Vec::new() }
}

fn billed(units: i64, bucket: Bucket, gross: &str) -> Billed {
    Billed { bucket, units: Decimal::from(units), gross: money(gross), basis: Basis::Rated }
}

fn shared(changes: &[Change], sources: &[Source], ledger: &[Billed]) -> Vec<Share> {
    let worth = |change: &Change| {
        change.bucket.worth(change.units, currency()).unwrap().round(SETTINGS.rounding).unwrap()
    };
    let amount = Money::sum(currency(), changes.iter().map(worth)).unwrap();
    shares(&held(amount, changes), sources, ledger, (currency(), SETTINGS.rounding)).unwrap()
}

fn held(amount: Money, changes: &[Change]) -> Held {
    Held { origin: january(), amount, cause: HeldCause::Agreement, changes: changes.to_vec() }
}

fn grosses(shares: &[Share]) -> Vec<String> {
    shares.iter().map(|share| share.gross.to_string()).collect()
}

#[test]
fn what_is_held_is_taken_of_the_lines_that_billed_it() {
    let (ten, eight) = (bucket("10", 1000), bucket("8", 1000));
    let january = || source("january", 1_000_000, ten, "10000");
    let first = billed(1_000_000, ten, "10000");
    // 1,000,000 at 10.00 are 1,000,000 at 8.00: 10,000.00 − 8,000.00.
    let amended = [change(-1_000_000, ten), change(1_000_000, eight)];
    assert_eq!(grosses(&shared(&amended, &[january()], &[first])), ["2000.00"]);
    // 12,000 fewer at 10.00.
    assert_eq!(grosses(&shared(&[change(-12_000, ten)], &[january()], &[first])), ["120.00"]);
    // 50,000 of January came late, on the next document, which gives back first: 50,000 × 2.00 / 1000.
    let both = [source("february", 50_000, ten, "500"), january()];
    let amended = [change(-1_050_000, ten), change(1_050_000, eight)];
    let shares = shared(&amended, &both, &[first, billed(50_000, ten, "500")]);
    assert_eq!(grosses(&shares), ["100.00", "2000.00"]);
    assert_eq!(shares[0].changes, [change(-50_000, ten), change(50_000, eight)]);
    // What is beyond a cap was billed at 0: no document takes it back.
    let free = Bucket { kind: LineKind::OverDelivery, ..bucket("0", 1) };
    let restated = [change(-12_000, ten), change(-500, free)];
    assert_eq!(grosses(&shared(&restated, &[january()], &[first])), ["120.00"]);
}

#[test]
fn documents_give_no_more_than_they_have() {
    let ten = bucket("10", 1000);
    let first = billed(1_000_000, ten, "10000");
    let all = [change(-1_000_000, ten)];
    // 500.00 of goodwill were given on it: 9,500.00 are left, and 10,000.00 are held.
    assert!(shared(&all, &[source("january", 1_000_000, ten, "9500")], &[first]).is_empty());
    assert!(shared(&all, &[source("january", 999_999, ten, "10000")], &[first]).is_empty());
    assert!(shared(&all, &[], &[first]).is_empty());
}

#[test]
fn spots_that_did_not_air_are_credited_by_their_names() {
    let at = |rate| Bucket { kind: LineKind::Spots, ..bucket(rate, 1) };
    let with = |spots: &[&str], source: Source| Source {
        spots: spots.iter().map(|spot| (*spot).to_owned()).collect(),
        ..source
    };
    let (billed, left) = (billed(3, at("275"), "825"), || source("january", 3, at("275"), "825"));
    let shares = shared(&[change(-2, at("275"))], &[with(&["S1", "S3"], left())], &[billed]);
    assert_eq!(grosses(&shares), ["550.00"]);
    assert_eq!(shares[0].spots, ["S1", "S3"]);
    assert!(shares[0].changes.is_empty());
    // Two are fewer, and of one it is known that it did not air; or another one airs for it.
    assert!(shared(&[change(-2, at("275"))], &[with(&["S1"], left())], &[billed]).is_empty());
    let other = [change(-2, at("275")), change(1, at("200"))];
    assert!(shared(&other, &[with(&["S1", "S3"], left())], &[billed]).is_empty());
    // Nothing but their price is another: 3 × 75.00.
    let cheaper = [change(-3, at("275")), change(3, at("200"))];
    let shares = shared(&cheaper, &[left()], &[billed]);
    assert_eq!((grosses(&shares), shares[0].spots.len()), (vec!["225.00".to_owned()], 0));
}

#[test]
fn a_fee_gives_back_amounts() {
    let fee = |rate| Bucket { kind: LineKind::SchedulePart, ..bucket(rate, 1) };
    let fewer = [change(-1, fee("500"))];
    let sources = [source("february", 1, fee("300"), "300"), source("january", 1, fee("2000"), "2000")];
    let given = shared(&fewer, &sources, &[]);
    assert_eq!(grosses(&given), ["300.00", "200.00"]);
    assert!(given.iter().all(|share| share.changes.is_empty()));
    // Of 500.00 fewer, 150.00 stand on a draft: 350.00 are held, and no more is taken back.
    let rest = held(money("-350"), &fewer);
    let given = shares(&rest, &sources, &[], (currency(), SETTINGS.rounding)).unwrap();
    assert_eq!(grosses(&given), ["300.00", "50.00"]);
}

#[test]
fn a_credit_of_what_is_held_is_made_of_its_units() {
    // 999 clicks at 0.50 are 999 at 0.37: 499.50 − 369.63 = 129.87, which is no whole number of clicks at 0.50.
    let (old, new) = (bucket("0.50", 1), bucket("0.37", 1));
    let line = fee(1, ["499.50", "424.58", "20", "84.92"]);
    let (quantity, unit) = (Decimal::from(999), Unit::Click);
    let original = document(vec![OriginalLine { bucket: old, quantity, unit, ..line }]);
    let entry = billed(999, old, "499.50");
    let ledgers = || Ledgers::from([(order_line(1), vec![entry])]);
    let shares =
        shared(&[change(-999, old), change(999, new)], &[source("january", 999, old, "499.50")], &[entry]);
    assert_eq!(grosses(&shares), ["129.87"]);
    let asked = asked(NoteBasis::Correction, &[(1, By::Gross(money("129.87")))]);
    let refused = note(&original, &asked, ledgers(), SETTINGS).unwrap_err();
    assert_eq!(refused.reason(), "CORRECTION_NEEDS_QUANTITY");
    let note = note_of_held(&original, &asked, (ledgers(), &shares), SETTINGS).unwrap();
    assert_eq!(note.gross, money("129.87"));
    let lines: Vec<_> =
        note.lines.iter().map(|line| (line.units.to_string(), line.gross.to_string())).collect();
    let line = |units: &str, gross: &str| (units.to_owned(), gross.to_owned());
    assert_eq!(lines, [line("-999", "499.50"), line("999", "-369.63")]);
}
