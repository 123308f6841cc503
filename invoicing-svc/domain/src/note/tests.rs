mod held;
mod rebill;
mod retax;
mod taken_back;

use calendar::Days;
use ids::{AiringId, OrderId};
use money::Percent;
use proptest::prelude::*;

use super::*;
use crate::invoice::TaxRow;
use crate::makegood::MadeGood;
use crate::rating::LineKind;
use crate::tax::{TaxCategory, Treatment};

const SETTINGS: Settings = Settings { rounding: Rounding::HalfAwayFromZero, remainder: Remainder::First };

fn currency() -> Currency {
    Currency::parse("GBP").unwrap()
}

fn money(text: &str) -> Money {
    Money::parse(currency(), text).unwrap()
}

fn percent(text: &str) -> Percent {
    Percent::parse(text).unwrap()
}

fn nothing() -> Noted {
    Noted { gross: money("0"), net: money("0"), tax: money("0") }
}

fn january() -> Days {
    Days::new("2026-01-01".parse().unwrap(), "2026-01-31".parse().unwrap()).unwrap()
}

fn order_line(number: u32) -> LineId {
    LineId::of(OrderId::of("io", "1"), &number.to_string())
}

/// A line: gross, net, tax percent and tax. It bills one fee.
fn fee(number: u32, [gross, net, rate, tax]: [&str; 4]) -> OriginalLine {
    let bucket = Bucket {
        origin: january(),
        kind: LineKind::SchedulePart,
        segment_first: january().first(),
        rate: Rate::parse(gross).unwrap(),
        price_base: 1,
    };
    let tax = LineTax {
        place: "GB".parse().unwrap(),
        category: TaxCategory::Standard,
        percent: percent(rate),
        amount: money(tax),
    };
    OriginalLine {
        number,
        line: order_line(number),
        bucket,
        quantity: Decimal::ONE,
        unit: Unit::Fee,
        gross: money(gross),
        net: money(net),
        tax,
        tax_code: "ADS".into(),
        tax_point: january().last(),
        gl_revenue: "4000".into(),
        noted: nothing(),
    }
}

/// A document at 15 % commission, with VAT where its lines say so.
fn document(lines: Vec<OriginalLine>) -> Original {
    let row = |line: &OriginalLine| TaxRow {
        treatment: Treatment {
            category: TaxCategory::Standard,
            percent: line.tax.percent,
            reason: String::new(),
        },
        base: line.net,
        tax: line.tax.amount,
    };
    Original {
        currency: currency(),
        commission_percent: percent("15"),
        tax_base: TaxBase::NetOfCommission,
        taxes: lines.iter().map(row).collect(),
        lines,
    }
}

/// An invoice of 40,000.00 at VAT of 20 %: net 34,000.00, total 40,800.00.
fn invoice() -> Original {
    document(vec![fee(1, ["40000", "34000", "20", "6800"])])
}

fn asked(basis: NoteBasis, lines: &[(u32, By)]) -> Asked {
    let lines = lines.iter().map(|(number, by)| AskedLine { number: *number, by: *by }).collect();
    Asked { kind: DocumentKind::CreditNote, basis, lines }
}

fn credit(original: &Original, gross: &str) -> Result<Note, NoteRefusal> {
    let asked = asked(NoteBasis::Commercial, &[(1, By::Gross(money(gross)))]);
    note(original, &asked, Ledgers::new(), SETTINGS)
}

/// The same document after a credit note.
fn after(mut original: Original, note: &Note) -> Original {
    for line in &note.lines {
        let of = original.lines.iter_mut().find(|of| of.number == line.corrects).unwrap();
        of.noted.gross = of.noted.gross.plus(line.gross).unwrap();
        of.noted.net = of.noted.net.plus(line.net).unwrap();
        of.noted.tax = of.noted.tax.plus(line.tax.amount).unwrap();
    }
    original
}

/// Gross, commission, net, tax and total.
fn figures(note: &Note) -> [String; 5] {
    [note.gross, note.commission, note.net, note.tax, note.total].map(|amount| amount.to_string())
}

#[test]
fn a_credit_takes_commission_and_tax_along() {
    // Issue 4, stories 1 and 2.
    let credited = credit(&invoice(), "10000").unwrap();
    assert_eq!(figures(&credited), ["10000.00", "1500.00", "8500.00", "1700.00", "10200.00"]);
    let next = credit(&after(invoice(), &credited), "3000").unwrap();
    assert_eq!(figures(&next), ["3000.00", "450.00", "2550.00", "510.00", "3060.00"]);
}

#[test]
fn what_is_credited_piece_by_piece_is_credited_to_the_cent() {
    // Domain §2: 100.01 at 15 % in 33.34 + 33.34 + 33.33 gives nets 28.34, 28.34, 28.33.
    let mut original = document(vec![fee(1, ["100.01", "85.01", "20", "17.00"])]);
    let mut nets = Vec::new();
    let mut tax = money("0");
    for gross in ["33.34", "33.34", "33.33"] {
        let credited = credit(&original, gross).unwrap();
        original = after(original, &credited);
        nets.push(credited.net.to_string());
        tax = tax.plus(credited.tax).unwrap();
    }
    assert_eq!(nets, ["28.34", "28.34", "28.33"]);
    assert_eq!(tax, money("17.00"));
}

#[test]
fn a_credit_never_takes_more_than_is_left() {
    // Issue 4, story 3: of 40,000.00, 13,000.00 and 14,000.00 are credited.
    let mut original = invoice();
    for gross in ["13000", "14000"] {
        let credited = credit(&original, gross).unwrap();
        original = after(original, &credited);
    }
    let refused = credit(&original, "14000").unwrap_err();
    assert_eq!(refused.reason(), "CREDIT_ABOVE_LEFT");
    assert_eq!(refused.to_string(), "line 1: 13,000.00 left; 14,000.00 is more");
    let last = credit(&original, "13000").unwrap();
    let all = after(original, &last);
    assert!(all.lines[0].left().unwrap().is_zero());
    assert_eq!(all.lines[0].noted, Noted { gross: money("40000"), net: money("34000"), tax: money("6800") });
}

#[test]
fn each_line_keeps_its_own_rate() {
    // Germany 2020: June at 19 %, July at 16 %; only June is credited, whenever that is.
    let original =
        document(vec![fee(1, ["1000", "850", "19", "161.50"]), fee(2, ["2000", "1700", "16", "272.00"])]);
    let credited = credit(&original, "1000").unwrap();
    assert_eq!(figures(&credited), ["1000.00", "150.00", "850.00", "161.50", "1011.50"]);
    assert_eq!(credited.taxes.len(), 1);
    let both = asked(NoteBasis::Commercial, &[(2, By::Gross(money("500"))), (1, By::Gross(money("100")))]);
    let both = note(&original, &both, Ledgers::new(), SETTINGS).unwrap();
    let rows: Vec<_> = both.taxes.iter().map(|row| (row.base.to_string(), row.tax.to_string())).collect();
    assert_eq!(rows, [("425.00".into(), "68.00".into()), ("85.00".into(), "16.15".into())]);
    assert_eq!(both.lines.iter().map(|line| line.corrects).collect::<Vec<_>>(), [1, 2]);
}

/// A line of 1,000,000 impressions at 10.00 per thousand, and its ledger.
fn impressions() -> (Original, Ledgers) {
    let line = fee(1, ["10000", "8500", "20", "1700"]);
    let bucket = Bucket {
        kind: LineKind::Delivery,
        rate: Rate::parse("10").unwrap(),
        price_base: 1000,
        ..line.bucket
    };
    let units = Decimal::from(1_000_000);
    let billed = Billed { bucket, units, gross: line.gross, basis: Basis::Rated };
    let line = OriginalLine { bucket, quantity: units, unit: Unit::Impression, ..line };
    (document(vec![line]), Ledgers::from([(order_line(1), vec![billed])]))
}

#[test]
fn a_correction_goes_to_the_ledger_as_units_at_their_price() {
    let (original, ledgers) = impressions();
    for (by, quantity, gross) in [
        (By::Quantity(Decimal::from(100_000)), 100_000, "1000.00"),
        (By::Gross(money("1000")), 100_000, "1000.00"),
        // Rounded once, with what is left: 0.01 is one impression.
        (By::Quantity(Decimal::ONE), 1, "0.01"),
    ] {
        let note =
            note(&original, &asked(NoteBasis::Correction, &[(1, by)]), ledgers.clone(), SETTINGS).unwrap();
        let [line] = &note.lines[..] else { panic!("one line: {note:?}") };
        assert_eq!((line.quantity, line.gross.to_string()), (Decimal::from(quantity), gross.to_owned()));
        assert_eq!(line.units, -Decimal::from(quantity));
    }
    let goodwill = asked(NoteBasis::Commercial, &[(1, By::Quantity(Decimal::from(100_000)))]);
    let goodwill = note(&original, &goodwill, Ledgers::new(), SETTINGS).unwrap();
    assert_eq!((goodwill.gross, goodwill.lines[0].units), (money("1000"), Decimal::ZERO));
}

#[test]
fn a_wrong_price_is_the_old_one_back_and_the_right_one() {
    let (original, ledgers) = impressions();
    let eight = By::Rate(Rate::parse("8").unwrap());
    let credited =
        note(&original, &asked(NoteBasis::Correction, &[(1, eight)]), ledgers.clone(), SETTINGS).unwrap();
    let lines: Vec<_> = credited
        .lines
        .iter()
        .map(|line| (line.quantity.to_string(), line.bucket.rate.to_string(), line.gross.to_string()))
        .collect();
    let line =
        |quantity: &str, rate: &str, gross: &str| (quantity.to_owned(), rate.to_owned(), gross.to_owned());
    assert_eq!(lines, [line("1000000", "10", "10000.00"), line("-1000000", "8", "-8000.00")]);
    assert_eq!(figures(&credited), ["2000.00", "300.00", "1700.00", "340.00", "2040.00"]);
    let debit = Asked {
        kind: DocumentKind::DebitNote,
        ..asked(NoteBasis::Correction, &[(1, By::Rate(Rate::parse("12").unwrap()))])
    };
    assert_eq!(note(&original, &debit, ledgers, SETTINGS).unwrap().gross, money("2000"));
}

#[test]
fn what_cannot_be_is_refused() {
    let (original, ledgers) = impressions();
    let mut spots = original.clone();
    spots.lines[0].bucket =
        Bucket { rate: Rate::parse("275").unwrap(), price_base: 1, ..spots.lines[0].bucket };
    spots.lines[0].unit = Unit::Spot;
    let correction = |original: &Original, by| {
        note(original, &asked(NoteBasis::Correction, &[(1, by)]), ledgers.clone(), SETTINGS)
            .unwrap_err()
            .reason()
    };
    assert_eq!(correction(&spots, By::Gross(money("500"))), "CORRECTION_NEEDS_QUANTITY");
    assert_eq!(correction(&original, By::Quantity(Decimal::from(1_000_001))), "CREDIT_ABOVE_LEFT");
    assert_eq!(correction(&original, By::Gross(money("-1"))), "NOTE_OTHER_WAY");
    assert_eq!(correction(&original, By::Rate(Rate::parse("11").unwrap())), "NOTE_OTHER_WAY");
    let unknown = asked(NoteBasis::Commercial, &[(2, By::Gross(money("1")))]);
    let refused = note(&original, &unknown, Ledgers::new(), SETTINGS).unwrap_err();
    assert_eq!(refused.reason(), "NOTE_LINE_UNKNOWN");
    let priced = asked(NoteBasis::Commercial, &[(1, By::Rate(Rate::parse("8").unwrap()))]);
    assert_eq!(note(&original, &priced, Ledgers::new(), SETTINGS).unwrap_err().reason(), "NOTE_OTHER_WAY");
    let none = asked(NoteBasis::Commercial, &[]);
    assert_eq!(note(&original, &none, Ledgers::new(), SETTINGS).unwrap_err().reason(), "NOTE_OF_NOTHING");
}

/// A shortfall is never both credited and made good (domain.md §5), and a credit takes back what was billed, once.
#[test]
fn spots_are_credited_where_they_are_billed_and_not_made_good() {
    let spot = |name: &str, billed: bool| NamedSpot {
        line: 1,
        name: name.into(),
        billed: billed.then(|| AiringId::of("traffic", OrderId::of("io", "1"), "L3", name)),
        is_credited: false,
        made_good: None,
        was_owed: false,
    };
    let refused = |spots: &[NamedSpot]| check_spots(spots).map_err(|refusal| refusal.reason());
    assert_eq!(refused(&[spot("S1", true), spot("S2", true)]), Ok(()));
    assert_eq!(refused(&[spot("S1", true), spot("S1", true)]), Err("SPOT_CREDITED"));
    let credited = NamedSpot { is_credited: true, made_good: Some(MadeGood::Was), ..spot("S1", true) };
    assert_eq!(refused(&[credited]), Err("SPOT_CREDITED"));
    for made_good in [MadeGood::Was, MadeGood::IsToBe] {
        let made_good = NamedSpot { made_good: Some(made_good), ..spot("S1", true) };
        assert_eq!(refused(&[made_good]), Err("SPOT_MADE_GOOD"));
    }
    assert_eq!(refused(&[spot("13.1", false)]), Err("SPOT_NOT_BILLED"));
    let owed = |spots: &[NamedSpot]| check_owed(spots).map_err(|refusal| refusal.reason());
    let expired = || NamedSpot { was_owed: true, ..spot("S1", true) };
    assert_eq!(owed(&[spot("S1", true)]), Ok(()));
    assert_eq!((refused(&[expired()]), owed(&[expired()])), (Ok(()), Err("SPOT_OWED_BEFORE")));
    let open = NamedSpot { made_good: Some(MadeGood::IsToBe), ..expired() };
    assert_eq!(owed(&[open]), Err("SPOT_MADE_GOOD"), "it is owed already");
    assert_eq!(owed(&[spot("13.1", false)]), Err("SPOT_NOT_BILLED"));
}

#[test]
fn what_is_to_be_made_good_is_not_left_to_be_credited() {
    // 40,000.00 was billed, 25,000.00 of it was credited, and 10,000.00 is to be made good: 5,000.00 is left.
    let original = after(invoice(), &credit(&invoice(), "25000").unwrap());
    let owed = BTreeMap::from([(1, money("10000"))]);
    let refused = |gross: &str| {
        let note = credit(&original, gross).unwrap();
        check_beside_owed(&original, &note, &owed).map_err(|refusal| refusal.to_string())
    };
    assert_eq!(refused("5000"), Ok(()));
    assert_eq!(refused("5000.01").unwrap_err(), "line 1: 5,000.00 left; 5,000.01 is more");
    let other = document(vec![fee(1, ["100", "85", "20", "17"]), fee(2, ["100", "85", "7", "5.95"])]);
    let note = credit(&other, "100").unwrap();
    let owed = BTreeMap::from([(2, money("100"))]);
    assert_eq!(check_beside_owed(&other, &note, &owed), Ok(()), "of another line");
}

#[test]
fn a_credit_instead_of_a_makegood_names_its_spots() {
    let (mut spots, _) = impressions();
    let instead = asked(NoteBasis::Makegood, &[(1, By::Gross(money("100")))]);
    let refused = |original: &Original, asked: &Asked, named: &[u32]| {
        check_named(original, asked, named).map_err(|refusal| refusal.reason())
    };
    assert_eq!(refused(&spots, &instead, &[]), Ok(()), "impressions have no names");
    spots.lines[0].bucket.kind = LineKind::Spots;
    assert_eq!(refused(&spots, &instead, &[]), Err("SPOTS_NOT_NAMED"));
    assert_eq!(refused(&spots, &instead, &[1]), Ok(()));
    let goodwill = Asked { basis: NoteBasis::Commercial, ..instead };
    assert_eq!(refused(&spots, &goodwill, &[]), Ok(()));
}

#[test]
fn debits_add_up_by_themselves() {
    let debit = |original: &Original, gross: &str| {
        let asked = asked(NoteBasis::Commercial, &[(1, By::Gross(money(gross)))]);
        note(original, &Asked { kind: DocumentKind::DebitNote, ..asked }, Ledgers::new(), SETTINGS).unwrap()
    };
    let first = debit(&invoice(), "33.34");
    let second = debit(&after(invoice(), &first), "33.34");
    assert_eq!([first.net, second.net], [money("28.34"), money("28.34")]);
    // More than the line is.
    assert_eq!(debit(&invoice(), "50000").total, money("51000"));
}

proptest! {
    #[test]
    fn pieces_of_a_credit_sum_to_the_line(cents in 1_i64..1_000_000, cuts in prop::collection::vec(1_i64..1_000_000, 0..6)) {
        let gross = Money::of(currency(), Decimal::new(cents, 2)).unwrap();
        let net = gross.less_percent(percent("15"), SETTINGS.rounding);
        let tax = crate::tax::percent_of(net, percent("20"), SETTINGS.rounding);
        let texts = [gross.to_string(), net.to_string(), "20".to_owned(), tax.to_string()];
        let mut original = document(vec![fee(1, texts.each_ref().map(String::as_str))]);
        for cut in cuts.into_iter().chain([cents]) {
            let left = original.lines[0].left().unwrap();
            let piece = Money::of(currency(), Decimal::new(cut, 2)).unwrap();
            let piece = if piece.compare(left).unwrap().is_gt() { left } else { piece };
            if piece.is_zero() { break; }
            let credited = credit(&original, &piece.to_string()).unwrap();
            prop_assert_eq!(credited.net.plus(credited.commission).unwrap(), credited.gross);
            original = after(original, &credited);
        }
        let all = original.lines[0].noted;
        prop_assert_eq!((all.gross, all.net, all.tax), (gross, net, tax));
    }
}
