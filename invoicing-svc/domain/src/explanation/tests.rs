use calendar::Days;
use ids::{AccountId, BatchId, InvoiceId, OrderId};
use money::{Currency, Money, Percent, Quantity, Rate};
use rust_decimal::Decimal;

use super::{BilledLine, CapOfLine, Earlier, Landed, Node, TaxOfLine, Terms, explain};
use crate::order::Cap;
use crate::rating::{Basis, Bucket, LineKind};
use crate::tax::{TaxCategory, Treatment};

fn usd(amount: &str) -> Money {
    Money::parse(Currency::parse("USD").unwrap(), amount).unwrap()
}

fn days(first: &str, last: &str) -> Days {
    Days::new(first.parse().unwrap(), last.parse().unwrap()).unwrap()
}

fn account() -> AccountId {
    AccountId::from_uuid(uuid::Uuid::from_u128(1))
}

fn order() -> OrderId {
    OrderId::of("io", "IO-1")
}

/// January's delivery at 7.50 per thousand: domain.md, the billing rule; 612,345 × 7.50 / 1000 = 4,592.5875.
fn january() -> Bucket {
    Bucket {
        origin: days("2026-01-01", "2026-01-31"),
        kind: LineKind::Delivery,
        segment_first: "2026-01-10".parse().unwrap(),
        rate: Rate::parse("7.50").unwrap(),
        price_base: 1_000,
    }
}

/// A line of a cap of 1,000,000 impressions that bills so many at 15 % commission.
fn line(units: i64, gross: &str, commission: &str, earlier: Vec<Earlier>) -> BilledLine {
    let (gross, commission) = (usd(gross), usd(commission));
    let landed = Landed {
        batch: BatchId::from_uuid(uuid::Uuid::from_u128(2)),
        external_id: "B1".into(),
        source: "adserver".into(),
        units: Decimal::from(632_345),
        unit: "impression".into(),
        airings: vec![],
    };
    BilledLine {
        account: account(),
        order: order(),
        currency: gross.currency(),
        number: 1,
        document: Some("2026-000001".into()),
        bucket: january(),
        quantity: Decimal::from(units),
        unit: "impression".into(),
        gross,
        rebills: None,
        commission_percent: Percent::parse("15").unwrap(),
        commission,
        net: gross.minus(commission).unwrap(),
        tax: TaxOfLine {
            amount: usd("0.00"),
            treatment: Treatment::outside_scope(),
            row: (gross.minus(commission).unwrap(), usd("0.00")),
            base: gross.minus(commission).unwrap(),
            place: String::new(),
            share: None,
            tax_code: "ADS".into(),
            tax_point: "2026-01-31".parse().unwrap(),
            engine: None,
        },
        earlier,
        terms: Some(Terms { days: days("2026-01-10", "2026-02-28"), revision: 3 }),
        cap: Some(CapOfLine {
            cap: Cap::LesserOfBookedAndDelivered,
            booked: Quantity::parse("1000000").unwrap(),
        }),
        landed: vec![landed],
    }
}

fn billed(bucket: Bucket, units: i64, gross: &str, basis: Basis) -> Earlier {
    let invoice = InvoiceId::from_uuid(uuid::Uuid::from_u128(7));
    Earlier { bucket, basis, units: Decimal::from(units), gross: usd(gross), invoice: Some(invoice) }
}

/// The amounts of the parts of a step.
fn amounts(node: &Node) -> Vec<String> {
    node.parts.iter().map(|part| part.amount.unwrap().amount().normalize().to_string()).collect()
}

#[test]
fn a_line_is_its_price_its_rounding_and_its_commission() {
    let tree = explain(&line(612_345, "4592.59", "688.89", vec![])).unwrap();
    assert!(tree.adds_up().unwrap());
    assert_eq!(
        (tree.label.as_str(), amounts(&tree)),
        ("Line 1 of 2026-000001", vec!["4592.59".into(), "-688.89".into()])
    );
    let gross = &tree.parts[0];
    assert_eq!(amounts(gross), ["4592.5875", "0.0025"]);
    assert_eq!(gross.parts[0].price.unwrap().1, 1_000);
    let labels: Vec<&str> = gross.parts[0].grounds.iter().map(|ground| ground.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "Terms of 2026-01-10 to 2026-02-28, from revision 3 of the order",
            "Delivered for 2026-01-01 to 2026-01-31"
        ]
    );
    assert_eq!(gross.parts[0].grounds[1].parts[0].label, "Batch B1 of adserver");
}

#[test]
fn the_tax_of_a_line_is_a_part_of_what_is_payable() {
    let mut taxed = line(612_345, "4592.59", "688.89", vec![]);
    // 19 % of 3,903.70 is 741.703; of 7,807.40, two such lines, 1,483.406.
    taxed.tax = TaxOfLine {
        amount: usd("741.71"),
        treatment: Treatment {
            category: TaxCategory::Standard,
            percent: Percent::parse("19").unwrap(),
            reason: String::new(),
        },
        row: (usd("7807.40"), usd("1483.41")),
        place: "DE".into(),
        share: Some((2_000, 3_000)),
        ..taxed.tax
    };
    let tree = explain(&taxed).unwrap();
    assert!(tree.adds_up().unwrap());
    assert_eq!(tree.amount.unwrap().amount(), usd("4645.41").amount());
    let tax = &tree.parts[2];
    assert_eq!(
        (tax.label.as_str(), amounts(tax)),
        ("Tax S of 19 %, the line's part", vec!["741.703".into(), "0.007".into()])
    );
    let grounds: Vec<&str> = tax.grounds.iter().map(|ground| ground.label.as_str()).collect();
    let expected = [
        "Place of supply DE",
        "Rate of the tax code \"ADS\"",
        "Tax point 2026-01-31: the last day of the service",
        "The document's tax at 19 %, on 7807.40",
    ];
    assert_eq!(grounds, expected);
    assert_eq!(tax.grounds[0].grounds[0].label, "Seen in DE, of 3000 impressions");
}

#[test]
fn what_came_late_is_what_there_is_to_date_less_what_was_billed_before() {
    let before = billed(january(), 612_345, "4592.59", Basis::Rated);
    let tree = explain(&line(20_000, "150.00", "22.50", vec![before])).unwrap();
    assert!(tree.adds_up().unwrap());
    let gross = &tree.parts[0];
    // 632,345 at 7.50 less 612,345 at 7.50, exactly; the line was rounded when it was first billed.
    assert_eq!(amounts(gross), ["4742.5875", "-4592.5875", "0"]);
    assert_eq!(gross.parts[1].subjects.len(), 1, "names the document");
    let cap = &gross.grounds[0];
    assert_eq!(cap.count.as_ref().unwrap().units, Decimal::from(387_655));
    assert_eq!(cap.parts[0].label, "Booked");
    assert_eq!(gross.grounds[1].label, "Billed of the order line before");
}

#[test]
fn goodwill_never_counts_as_billed_before() {
    let before = vec![
        billed(january(), 612_345, "4592.59", Basis::Rated),
        billed(january(), 0, "-500.00", Basis::Commercial),
    ];
    let tree = explain(&line(20_000, "150.00", "22.50", before)).unwrap();
    assert!(tree.adds_up().unwrap());
    assert_eq!(amounts(&tree.parts[0]), ["4742.5875", "-4592.5875", "0"]);
    assert_eq!(amounts(&tree.parts[0].grounds[1]), ["4592.59", "-500"]);
}

#[test]
fn a_part_of_a_fee_is_what_is_scheduled_less_what_was_billed_of_its_period() {
    let part = Bucket {
        kind: LineKind::SchedulePart,
        price_base: 1,
        rate: Rate::parse("1000").unwrap(),
        ..january()
    };
    let mut fee = line(1, "833.33", "0.00", vec![billed(part, 1, "2500.00", Basis::Rated)]);
    (fee.bucket, fee.unit, fee.landed) = (part, "fee".into(), vec![]);
    let tree = explain(&fee).unwrap();
    assert!(tree.adds_up().unwrap());
    assert_eq!(
        (amounts(&tree), amounts(&tree.parts[0])),
        (vec!["833.33".into()], vec!["3333.33".into(), "-2500".into()])
    );
}

#[test]
fn a_budget_shows_what_is_left_of_it() {
    let mut capped =
        line(20_000, "150.00", "22.50", vec![billed(january(), 612_345, "4592.59", Basis::Rated)]);
    capped.cap = Some(CapOfLine { cap: Cap::Budget(usd("5000.00")), booked: Quantity::parse("0").unwrap() });
    let tree = explain(&capped).unwrap();
    assert!(tree.adds_up().unwrap());
    assert_eq!(amounts(&tree.parts[0].grounds[0]), ["5000", "-4592.59"]);
    // 300.00 of expenses that were billed before are money of the budget, and no impressions of a cap of units.
    let spent = Bucket { kind: LineKind::Expenses, price_base: 1, ..january() };
    capped.earlier.push(billed(spent, 300, "300.00", Basis::Rated));
    assert_eq!(amounts(&explain(&capped).unwrap().parts[0].grounds[0]), ["5000", "-4892.59"]);
    capped.cap = line(20_000, "150.00", "22.50", vec![]).cap;
    let left = explain(&capped).unwrap().parts[0].grounds[0].clone();
    assert_eq!(left.count.unwrap().units, Decimal::from(1_000_000 - 612_345));
}

#[test]
fn a_tree_that_does_not_add_up_says_so() {
    let mut tree = explain(&line(612_345, "4592.59", "688.89", vec![])).unwrap();
    tree.parts.pop();
    assert!(!tree.adds_up().unwrap());
}
