//! The tax of a document: which rates its lines find, what the rows come to, and that the places of a line are the line.

use ids::TaxRateId;

use super::*;
use crate::ledger::{LedgerAccount, postings};
use crate::tax::{AccountTax, Determined, PlaceShare, TaxError, TaxRate, TaxRates, Validity, determine};

const HALF_UP: Rounding = Rounding::HalfAwayFromZero;

fn place(text: &str) -> Place {
    text.parse().unwrap()
}

fn standard(percent: &str) -> Treatment {
    Treatment {
        category: TaxCategory::Standard,
        percent: Percent::parse(percent).unwrap(),
        reason: String::new(),
    }
}

/// Germany in 2020: 19 % until 30 June, 16 % until 31 December (Zweites Corona-Steuerhilfegesetz, article 3), 19 % again.
fn germany() -> TaxRates {
    let rate = |percent, first, last| TaxRate {
        id: TaxRateId::from_uuid(Uuid::nil()),
        revision: ids::Revision::FIRST,
        place: place("DE"),
        tax_code: "ADS".into(),
        treatment: standard(percent),
        reverse_charged: true,
        valid: Validity { first, last },
    };
    [
        rate("19", date(2007, 1, 1), Some(date(2020, 6, 30))),
        rate("16", date(2020, 7, 1), Some(date(2020, 12, 31))),
        rate("19", date(2021, 1, 1), None),
    ]
    .into_iter()
    .collect()
}

fn of_month(month: i8, gross: &str) -> RatedItem {
    let first = date(2020, month, 1);
    let origin = days(first, first.last_of_month());
    let item = item((LineKind::Spots, 4), "1", gross, gross);
    RatedItem { bucket: Bucket { origin, ..item.bucket }, late: month < 7, ..item }
}

fn assembled(percent: &str, lines: &[(LineFacts, RatedLine)], places: Places<'_>) -> Untaxed {
    let lines: Vec<_> = lines
        .iter()
        .map(|(facts, rated)| {
            let flight = days(date(2020, 1, 1), date(2026, 12, 31));
            (LineFacts { flight, ..facts.clone() }, rated.clone())
        })
        .collect();
    let order = RatedOrder { facts: order(percent), lines };
    assemble(run(), "key", Month::new(2020, 7).unwrap(), &[order], places).unwrap().unwrap()
}

fn determined(draft: &Untaxed, base: TaxBase) -> Result<Vec<Treatment>, TaxError> {
    let (buyer, rates) = (AccountTax::default(), germany());
    draft.taxables(base).into_iter().map(|line| determine(&place("DE"), &buyer, &rates, line)).collect()
}

fn taxed(draft: Untaxed, base: TaxBase) -> Draft {
    let treatments = determined(&draft, base).unwrap();
    let draft = draft.taxed(treatments, base, HALF_UP, Remainder::First).unwrap();
    draft.check(HALF_UP).unwrap();
    draft
}

fn rows(draft: &Draft) -> Vec<(String, String, String)> {
    let row = |row: &TaxRow| (row.treatment.percent.to_string(), row.base.to_string(), row.tax.to_string());
    draft.taxes.iter().map(row).collect()
}

fn row(percent: &str, base: &str, tax: &str) -> (String, String, String) {
    (percent.into(), base.into(), tax.into())
}

/// domain.md §7: what is late keeps the rate of its tax point.
#[test]
fn a_july_invoice_has_june_at_its_old_rate() {
    let lines = [rated(3, vec![of_month(7, "10000.00"), of_month(6, "500.00")])];
    let (here, nothing) = (place("DE"), HashMap::new());
    let draft = taxed(assembled("0", &lines, nowhere_else(&here, &nothing)), TaxBase::NetOfCommission);
    assert_eq!(rows(&draft), [row("16", "10000.00", "1600.00"), row("19", "500.00", "95.00")]);
    assert_eq!((draft.tax, draft.total), (money("1695.00"), money("12195.00")));
    assert_eq!(draft.period, days(date(2020, 6, 1), date(2020, 7, 31)));
    let codes = crate::billing_entity::GeneralLedgerCodes {
        receivables: "1200".into(),
        agency_commission: "4900".into(),
        tax_payable: "2200".into(),
    };
    let payable = postings(&draft, &codes).unwrap();
    let payable = payable.iter().find(|posting| posting.account == LedgerAccount::TaxPayable).unwrap();
    assert_eq!(payable.credit, money("1695.00"));
}

/// The allowance lowers the base (BR-S-08), or by setting does not: 15 % of 10,500.00 is 1,575.00, of which 1,500.00 July's.
#[test]
fn the_base_is_net_of_commission_or_gross() {
    let lines = [rated(3, vec![of_month(7, "10000.00"), of_month(6, "500.00")])];
    let (here, nothing) = (place("DE"), HashMap::new());
    let draft = |base| taxed(assembled("15", &lines, nowhere_else(&here, &nothing)), base);
    let net = draft(TaxBase::NetOfCommission);
    assert_eq!(rows(&net), [row("16", "8500.00", "1360.00"), row("19", "425.00", "80.75")]);
    assert_eq!(net.total, money("10365.75"), "8,925.00 + 1,440.75");
    let gross = draft(TaxBase::Gross);
    assert_eq!(rows(&gross), [row("16", "10000.00", "1600.00"), row("19", "500.00", "95.00")]);
    assert_eq!(gross.total, money("10620.00"), "8,925.00 + 1,695.00");
}

/// 3 × 0.03 at 19 %: 0.0171 on the sum is 0.02, and 0.01 of each line by itself would be 0.03.
#[test]
fn tax_is_rounded_once_on_the_sum() {
    let cents = || of_month(5, "0.03");
    let lines = [rated(1, vec![cents()]), rated(2, vec![cents()]), rated(3, vec![cents()])];
    let (here, nothing) = (place("DE"), HashMap::new());
    let draft = taxed(assembled("0", &lines, nowhere_else(&here, &nothing)), TaxBase::NetOfCommission);
    assert_eq!(rows(&draft), [row("19", "0.09", "0.02")]);
    let parts: Vec<_> = draft.lines.iter().map(|line| line.tax.amount).collect();
    assert_eq!(parts, [money("0.01"), money("0.01"), money("0.00")]);
}

/// 60 % seen in Germany, 40 % in France: quantities and amounts are the line's.
#[test]
fn a_line_is_taxed_where_it_was_seen() {
    let lines = [rated(3, vec![of_month(7, "333.33"), of_month(6, "100.00")])];
    let shares = |de, fr| {
        vec![
            PlaceShare { place: place("DE"), impressions: de },
            PlaceShare { place: place("FR"), impressions: fr },
        ]
    };
    let seen = Allocation { from: vec![(date(2020, 7, 1), shares(600_000, 400_000))] };
    let (here, allocated) = (place("DE"), HashMap::from([(line_id(3), seen)]));
    let draft = assembled("10", &lines, nowhere_else(&here, &allocated));
    let parts: Vec<_> = draft
        .draft()
        .lines
        .iter()
        .map(|line| {
            (line.tax.place.to_string(), line.item.quantity.to_string(), line.item.gross, line.item.entry)
        })
        .collect();
    let expected = [("DE", "1", "100.00", 1), ("DE", "0.6", "200.00", 1), ("FR", "0.4", "133.33", 2)];
    let expected: Vec<_> = expected
        .map(|(at, units, gross, entry)| (at.to_owned(), units.to_owned(), money(gross), entry))
        .into();
    assert_eq!(parts, expected, "June is before the first day of the allocation");
    let missing = determined(&draft, TaxBase::NetOfCommission).unwrap_err();
    assert_eq!(missing.reason(), "TAX_RATE_MISSING", "no rate of ADS in FR");
    let draft = untaxed(draft);
    assert_eq!((draft.gross, draft.net), (money("433.33"), money("390.00")));
}

#[test]
fn a_tax_row_that_does_not_add_up_is_not_recorded() {
    let lines = [rated(3, vec![of_month(7, "10000.00")])];
    let (here, nothing) = (place("DE"), HashMap::new());
    let original = taxed(assembled("0", &lines, nowhere_else(&here, &nothing)), TaxBase::NetOfCommission);
    let changes: [fn(&mut Draft); 4] = [
        |draft| draft.taxes[0].tax = draft.gross,
        |draft| draft.taxes[0].base = draft.tax,
        |draft| draft.lines[0].tax.amount = draft.gross,
        |draft| draft.lines[0].tax.category = TaxCategory::ZeroRated,
    ];
    for change in changes {
        let mut draft = original.clone();
        change(&mut draft);
        let Err(CheckError::Broken(broken)) = draft.check(HALF_UP) else { panic!("taken") };
        assert_eq!(broken.invariant, Invariant::TaxRowsSum);
        assert_ne!(digest(&draft), digest(&original));
    }
}

proptest! {
    /// The parts of a line in its places sum to it, and each is its quantity by its price within a minor unit.
    #[test]
    fn places_of_a_line_sum_to_it(
        impressions in prop::collection::vec(1_i64..1_000_000, 1..6),
        cents in 1_i64..10_000_000,
        units in 1_i64..50,
        percent in prop_oneof![Just("0"), Just("15"), Just("7.77")],
        negative in any::<bool>(),
    ) {
        let sign = if negative { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        let (rate, quantity) = (Decimal::new(cents, 2), sign * Decimal::from(units));
        let split = item((LineKind::Spots, 4), &quantity.to_string(), &rate.to_string(), &(rate * quantity).to_string());
        let besides = item((LineKind::Spots, 3), "1", "99999999.99", "99999999.99");
        let shares = (0..).zip(&impressions).map(|(number, impressions)| PlaceShare {
            place: place(&format!("US-{number}")),
            impressions: *impressions,
        });
        let seen = Allocation { from: vec![(date(2026, 4, 1), shares.collect())] };
        let (here, allocated) = (place("DE"), HashMap::from([(line_id(3), seen)]));
        let lines = [rated(3, vec![split, RatedItem { entry: 2, ..besides }])];
        let draft = untaxed(assembled(percent, &lines, nowhere_else(&here, &allocated)));
        let sum: Decimal = draft.lines[1..].iter().map(|line| line.item.quantity).sum();
        prop_assert_eq!(sum, quantity);
        let mut entries: Vec<_> = draft.lines.iter().map(|line| line.item.entry).collect();
        entries.sort_unstable();
        entries.dedup();
        prop_assert_eq!(entries.len(), draft.lines.len(), "each makes an entry of its own");
    }
}

#[test]
fn what_an_engine_determined_stands_only_where_it_adds_up() {
    // 100.01 and 100.01 at 19 %: 19.0019 each, 38.0038 together.
    let lines = [rated(1, vec![of_month(6, "100.01")]), rated(2, vec![of_month(6, "100.01")])];
    let (at, nothing) = (place("DE"), HashMap::new());
    let draft = assembled("0", &lines, nowhere_else(&at, &nothing));
    let said =
        |percent: &str, amount: &str| Determined { treatment: standard(percent), amount: money(amount) };
    let outside = Determined { treatment: Treatment::outside_scope(), amount: money("0.00") };
    let taxed = |determined: &[Determined]| {
        let taxed = draft.clone().taxed_as(("acme", determined), TaxBase::NetOfCommission, HALF_UP);
        taxed.map_err(|error| error.to_string())
    };
    let document = taxed(&[said("19", "19.00"), said("19", "19.00")]).unwrap();
    document.check(HALF_UP).unwrap();
    assert_eq!((rows(&document), document.total), (vec![row("19", "200.02", "38.00")], money("238.02")));
    let two = taxed(&[said("19", "19.00"), said("7", "7.00")]).unwrap();
    assert_eq!(rows(&two), [row("7", "100.01", "7.00"), row("19", "100.01", "19.00")]);
    let refused = [
        (
            vec![said("19", "19.00"), said("19", "19.01")],
            "19 % of 200.02 is 38.00, and its lines of S at 19 % come to 38.01",
        ),
        (vec![said("19", "38.00")], "it answers 1 lines of a document that has 2"),
        (
            vec![said("0", "0.00"), said("19", "19.00")],
            "line 1: category S at 0 %; only S has a percent above 0, and always has one",
        ),
        (vec![outside, said("19", "19.00")], "category O stands beside others on a document"),
    ];
    for (determined, why) in refused {
        assert_eq!(taxed(&determined).unwrap_err(), why);
    }
}
