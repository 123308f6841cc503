mod grouping;
mod take_back;
mod tax;

use std::collections::HashMap;
use std::str::FromStr;

use calendar::{BillingCalendar, BillingCycle, Days, Month};
use ids::{AccountId, AiringId, EntityId, LineId, OrderId, RunId};
use jiff::civil::{Date, date};
use money::{Currency, Money, Percent, Rate, Remainder, Rounding};
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::account::SettledBy;
use crate::invariant::Invariant;
use crate::order::BillingTerms;
use crate::rating::{Bucket, LineKind, RatedLine, Unit};
use crate::tax::{Allocation, Places};

/// A draft of January 2026 at 15 % commission, of a seller whose place taxes nothing.
pub(crate) fn draft(lines: &[(LineFacts, RatedLine)]) -> Option<Draft> {
    let month = Month::new(2026, 4).unwrap();
    let order = RatedOrder { facts: order("15"), lines: lines.to_vec() };
    assemble(run(), "key", month, &[order], nowhere_else(&Place::from_str("US").unwrap(), &HashMap::new()))
        .unwrap()
        .map(untaxed)
}

fn run() -> RunId {
    RunId::from_uuid(Uuid::from_u128(9))
}

fn nowhere_else<'a>(otherwise: &'a Place, lines: &'a HashMap<LineId, Allocation>) -> Places<'a> {
    Places { otherwise, lines }
}

/// The draft that carries no tax.
fn untaxed(draft: Untaxed) -> Draft {
    let treatments = vec![Treatment::outside_scope(); draft.draft().lines.len()];
    let (rounding, remainder) = (Rounding::HalfAwayFromZero, Remainder::First);
    let draft = draft.taxed(treatments, TaxBase::NetOfCommission, rounding, remainder).unwrap();
    draft.check(rounding).unwrap();
    draft
}

/// The lines of IO-1001 for January: L2, a part of a fee, and L3, two spots.
pub(crate) fn january() -> Vec<(LineFacts, RatedLine)> {
    let fee = item((LineKind::SchedulePart, 4), "1", "3333.34", "3333.34");
    let mut spots = item((LineKind::Spots, 4), "2", "275", "550.00");
    spots.delivered = Some(days(date(2026, 4, 5), date(2026, 4, 12)));
    vec![rated(3, vec![spots]), rated(2, vec![fee])]
}

fn order(percent: &str) -> OrderFacts {
    OrderFacts {
        account: AccountId::from_uuid(Uuid::from_u128(1)),
        order: OrderId::of("traffic", "IO-1001"),
        entity: EntityId::from_uuid(Uuid::from_u128(2)),
        currency: usd(),
        commission_percent: Percent::parse(percent).unwrap(),
        payment_terms_days: 30,
        settled_by: SettledBy::Terms,
        billing: BillingTerms {
            calendar: BillingCalendar::CalendarMonth,
            cycle: BillingCycle::EndOfMonth,
            contract_last: date(2026, 6, 30),
        },
        rounding: Rounding::HalfAwayFromZero,
        remainder: Remainder::First,
    }
}

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn money(text: &str) -> Money {
    Money::parse(usd(), text).unwrap()
}

fn days(first: Date, last: Date) -> Days {
    Days::new(first, last).unwrap()
}

fn line_id(ordinal: i32) -> LineId {
    LineId::of(OrderId::of("traffic", "IO-1001"), &format!("L{ordinal}"))
}

fn rated(ordinal: i32, items: Vec<RatedItem>) -> (LineFacts, RatedLine) {
    let facts = LineFacts {
        line: line_id(ordinal),
        number: format!("L{ordinal}"),
        ordinal,
        description: "News at 6".into(),
        product_text: "Television spot".into(),
        gl_revenue: "4000".into(),
        tax_code: "ADS".into(),
        flight: days(date(2026, 1, 15), date(2026, 6, 30)),
    };
    (facts, RatedLine { line: line_id(ordinal), items, held: vec![] })
}

fn item((kind, month): (LineKind, i8), quantity: &str, rate: &str, gross: &str) -> RatedItem {
    let first = date(2026, month, 1);
    let origin = days(first, first.last_of_month());
    RatedItem {
        bucket: Bucket {
            origin,
            kind,
            segment_first: date(2026, 1, 15),
            rate: Rate::parse(rate).unwrap(),
            price_base: 1,
        },
        late: month < 4,
        quantity: quantity.parse().unwrap(),
        unit: if kind == LineKind::SchedulePart { Unit::Fee } else { Unit::Spot },
        gross: money(gross),
        airings: Vec::new(),
        delivered: None,
        entry: 1,
        note: String::new(),
    }
}

#[test]
fn gross_commission_and_net_add_up() {
    let draft = draft(&january()).unwrap();
    assert_eq!((draft.gross, draft.commission), (money("3883.34"), money("582.50")));
    assert_eq!((draft.net, draft.total, draft.tax), (money("3300.84"), money("3300.84"), money("0.00")));
    assert_eq!(draft.spots, 2);
    let commissions: Vec<Money> = draft.lines.iter().map(|line| line.commission).collect();
    assert_eq!(commissions, [money("500.00"), money("82.50")], "by order line, whatever came first");
}

#[test]
fn months_of_the_story() {
    let fee = |amount| item((LineKind::SchedulePart, 4), "1", amount, amount);
    let makegood = item((LineKind::Makegood, 4), "1", "275", "275.00");
    let february = draft(&[rated(2, vec![fee("3333.33")]), rated(3, vec![makegood])]).unwrap();
    assert_eq!((february.gross, february.spots), (money("3608.33"), 1));
    let march = draft(&[rated(2, vec![fee("3333.33")]), rated(3, vec![])]).unwrap();
    assert_eq!((march.gross, march.spots), (money("3333.33"), 0));
}

#[test]
fn nothing_to_bill_makes_no_draft() {
    assert_eq!(draft(&[rated(3, vec![])]), None);
    let free = item((LineKind::OverDelivery, 4), "2", "0", "0.00");
    assert_eq!(draft(&[rated(3, vec![free.clone()])]), None);
    let draft = draft(&[rated(3, vec![item((LineKind::Spots, 4), "1", "275", "275.00"), free])]).unwrap();
    assert_eq!(
        (draft.lines.len(), draft.spots),
        (2, 1),
        "what is free is shown beside what bills, and not counted"
    );
}

#[test]
fn late_lines_say_so_and_widen_the_period() {
    let mut makegood = item((LineKind::Makegood, 1), "1", "275", "275.00");
    makegood.note = "Makegood for 5.1".into();
    let spots = item((LineKind::Spots, 4), "1", "275", "275.00");
    let draft = draft(&[rated(3, vec![spots, makegood])]).unwrap();
    let notes: Vec<&str> = draft.lines.iter().map(|line| line.item.note.as_str()).collect();
    assert_eq!(notes, ["January 2026 service; Makegood for 5.1", ""]);
    assert_eq!(draft.period, days(date(2026, 1, 1), date(2026, 4, 30)));
}

#[test]
fn a_line_has_its_dates_and_words() {
    let draft = draft(&january()).unwrap();
    let [fee, spots] = &draft.lines[..] else { panic!("two lines") };
    assert_eq!(fee.service, days(date(2026, 4, 1), date(2026, 4, 30)));
    assert_eq!(spots.service, days(date(2026, 4, 5), date(2026, 4, 12)));
    assert_eq!(spots.tax_point, date(2026, 4, 12));
    assert_eq!(spots.description, "Television spot, News at 6");
    let begun = rated(2, vec![item((LineKind::SchedulePart, 1), "1", "5", "5.00")]);
    let begun = super::tests::draft(&[begun]).unwrap();
    assert_eq!(
        begun.lines[0].service,
        days(date(2026, 1, 15), date(2026, 1, 31)),
        "its days within the flight"
    );
}

#[test]
fn every_replica_makes_the_same_document() {
    let (one, other) =
        (draft(&january()).unwrap(), draft(&january().into_iter().rev().collect::<Vec<_>>()).unwrap());
    assert_eq!(one, other);
    assert_eq!(digest(&one), digest(&other));
}

#[test]
fn the_digest_follows_the_money_and_not_the_words() {
    let original = draft(&january()).unwrap();
    let changed = |change: fn(&mut Draft)| {
        let mut draft = original.clone();
        change(&mut draft);
        digest(&draft) != digest(&original)
    };
    assert!(!changed(|draft| draft.lines[0].description = "Other words".into()));
    assert!(!changed(|draft| draft.lines[0].item.note = "Other words".into()));
    let changes: [fn(&mut Draft); 9] = [
        |draft| draft.payment_terms_days = 60,
        |draft| draft.settled_by = SettledBy::Card,
        |draft| draft.total = draft.gross,
        |draft| draft.lines[0].item.gross = draft.gross,
        |draft| draft.lines[0].gl_revenue = "4001".into(),
        |draft| draft.lines[0].tax_point = date(2026, 5, 1),
        |draft| draft.lines[1].item.entry = 7,
        |draft| draft.lines[1].item.airings = vec![(AiringId::of("s", draft.order, "L3", "1"), 1)],
        |draft| draft.lines.truncate(1),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert!(changed(change), "change {number}");
    }
}

#[test]
fn a_document_that_does_not_add_up_is_not_recorded() {
    let original = draft(&january()).unwrap();
    let broken = |change: fn(&mut Draft)| {
        let mut draft = original.clone();
        change(&mut draft);
        match draft.check(Rounding::HalfAwayFromZero) {
            Err(CheckError::Broken(broken)) => broken.invariant,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(broken(|draft| draft.gross = draft.net), Invariant::LinesSumToGross);
    assert_eq!(broken(|draft| draft.net = draft.gross), Invariant::NetIsGrossLessCommission);
    assert_eq!(broken(|draft| draft.commission = draft.gross), Invariant::NetIsGrossLessCommission);
    assert_eq!(broken(|draft| draft.total = draft.gross), Invariant::NetIsGrossLessCommission);
    assert_eq!(broken(|draft| draft.lines[0].commission = draft.gross), Invariant::LineCommissionsSum);
    assert_eq!(broken(|draft| draft.lines[0].net = draft.gross), Invariant::LineCommissionsSum);
    assert_eq!(broken(|draft| draft.lines[1].item.quantity = Decimal::ONE), Invariant::QuantityTimesPrice);
}

/// January with a rebate of so much.
pub(crate) fn with_rebate(amount: &str) -> Vec<(LineFacts, RatedLine)> {
    let mut lines = january();
    lines.push(rated(4, vec![item((LineKind::Rebate, 4), "-1", amount, &format!("-{amount}"))]));
    lines
}

#[test]
fn a_line_gives_back_no_more_than_the_others_bill() {
    let some = draft(&with_rebate("100.00")).unwrap();
    assert_eq!((some.gross, some.room(line_id(4)).unwrap()), (money("3783.34"), money("3883.34")));
    assert!(some.is_payable());
    assert_eq!(some.room(line_id(9)).unwrap(), money("0.00"), "it is not on the document");
    let all = draft(&with_rebate("3883.34")).unwrap();
    assert_eq!((all.gross, all.total), (money("0.00"), money("0.00")));
    assert!(all.is_payable());
    let more = draft(&with_rebate("4000.00")).unwrap();
    assert_eq!(more.room(line_id(4)).unwrap(), money("3883.34"));
    assert!(!more.is_payable());
}

#[test]
fn the_last_day_to_pay_follows_the_terms() {
    assert_eq!(due_date(date(2026, 1, 31), 30), date(2026, 3, 2));
    assert_eq!(due_date(date(2026, 1, 31), 0), date(2026, 1, 31));
}

proptest! {
    #[test]
    fn commissions_of_lines_sum_to_the_documents(
        cents in prop::collection::vec(-5_000_i64..100_000, 1..30),
        percent in 0_i64..10_000,
        remainder in prop_oneof![Just(Remainder::First), Just(Remainder::Last)],
    ) {
        prop_assume!(cents.iter().sum::<i64>() > 0);
        let percent = Decimal::new(percent, 2).to_string();
        let facts = OrderFacts { remainder, ..order(&percent) };
        let lines: Vec<_> = (1..).zip(&cents).map(|(ordinal, cents)| {
            let (quantity, amount) = (if *cents < 0 { "-1" } else { "1" }, Decimal::new(*cents, 2));
            let (rate, gross) = (amount.abs().to_string(), amount.to_string());
            rated(ordinal, vec![item((LineKind::Spots, 4), quantity, &rate, &gross)])
        }).collect();
        let (place, nothing) = (Place::from_str("US").unwrap(), HashMap::new());
        let month = Month::new(2026, 4).unwrap();
        let order = RatedOrder { facts, lines };
        let draft = assemble(run(), "key", month, &[order], nowhere_else(&place, &nothing)).unwrap().unwrap();
        let draft = untaxed(draft);
        for line in &draft.lines {
            let exact = line.item.gross.amount() * facts.commission_percent.value() / Decimal::from(100);
            prop_assert!((line.commission.amount() - exact).abs() <= Decimal::new(1, 2));
        }
    }
}
