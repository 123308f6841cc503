//! What an order is looked at with before it is taken.

use super::*;
use crate::rate_card::RateCard;

fn rate(text: &str) -> Rate {
    Rate::parse(text).expect("a rate")
}

fn cpm(price: &str) -> Line {
    Line { rate: Some(rate(price)), booked_units: Some(units("1000000")), ..line("L1", PricingModel::Cpm) }
}

fn card(model: PricingModel, market: &str, price: &str) -> RateCard {
    RateCard {
        id: ids::RateCardId::from_uuid(uuid::Uuid::nil()),
        revision: ids::Revision::FIRST,
        product: product(model),
        market: market.into(),
        currency: Currency::parse("USD").expect("a currency"),
        list_price: rate(price),
        first: day("2026-01-01"),
        last: None,
    }
}

/// What has to be looked at of the order, with its figures.
fn found(known: Option<&Known>, order: &Order, guidelines: Guidelines<'_>) -> Vec<OrderReview> {
    let decided = with_facts(|facts| sync(known, order, Facts { guidelines, ..facts }));
    match decided {
        Ok(Decision::Review(findings)) => findings,
        Ok(Decision::Create(_) | Decision::Amend(_) | Decision::Unchanged) => Vec::new(),
        Err(refusal) => panic!("{refusal}"),
    }
}

fn off_list(line: Line, tolerance: Option<&str>, cards: &[RateCard]) -> Option<String> {
    let tolerance = tolerance.map(|percent| Percent::parse(percent).expect("a percent"));
    let guidelines = Guidelines { tolerance, cards, ..Guidelines::default() };
    found(None, &order(vec![line]), guidelines).first().map(ToString::to_string)
}

#[test]
fn a_price_below_the_list_waits_where_the_entity_compares() {
    let cards = [card(PricingModel::Cpm, "EAST", "10")];
    let said = "line L1: 8 is 20.00 % below the list price, 10; correct the price, or approve it";
    assert_eq!(off_list(cpm("8"), Some("10"), &cards).as_deref(), Some(said));
    assert_eq!(off_list(cpm("9"), Some("10"), &cards), None, "exactly so far below as is tolerated");
    assert_eq!(off_list(cpm("8"), None, &cards), None, "the entity does not compare");
    assert_eq!(off_list(cpm("8"), Some("10"), &[card(PricingModel::Cpm, "WEST", "10")]), None);
    assert_eq!(off_list(cpm("8"), Some("10"), &[card(PricingModel::Cpc, "EAST", "10")]), None);
    let off = Discount::Percent(Percent::parse("15").expect("a percent"));
    let discounted = off_list(Line { discount: Some(off), ..cpm("10") }, Some("10"), &cards);
    assert!(discounted.expect("found").contains("8.5 is 15.00 % below"));
    // 3 × 275.00 in the plan, and the fee as a whole.
    let others = [card(PricingModel::PerSpot, "", "300"), card(PricingModel::FlatFee, "", "12500")];
    assert!(off_list(spots(), Some("0"), &others).expect("found").contains("275 is 8.33 % below"));
    assert!(off_list(fee(), Some("0"), &others).expect("found").contains("10000 is 20.00 % below"));
    let first = known(&order(vec![cpm("8")]), &[]);
    let again = Order { revision: 2, advertiser: "Acme Soap".into(), ..order(vec![cpm("8")]) };
    let tolerance = Percent::parse("10").ok();
    let guidelines = Guidelines { tolerance, cards: &cards, ..Guidelines::default() };
    assert_eq!(found(Some(&first), &again, guidelines), [], "it was looked at before");
}

#[test]
fn a_product_that_ends_within_the_flight_waits() {
    let ends = |on: &str| [(product(PricingModel::Cpm), day(on))];
    let look = |line, ends: &[(ProductId, Date)]| {
        let guidelines = Guidelines { last_days: ends, ..Guidelines::default() };
        found(None, &order(vec![line]), guidelines).iter().map(OrderReview::reason).collect::<Vec<_>>()
    };
    assert_eq!(look(cpm("10"), &ends("2026-03-30")), ["PRODUCT_RETIRES_IN_FLIGHT"]);
    assert_eq!(look(cpm("10"), &ends("2026-03-31")), Vec::<&str>::new());
    let cancelled = Line { cancelled_on: Some(day("2026-02-10")), ..cpm("10") };
    assert_eq!(look(cancelled, &ends("2026-02-10")), Vec::<&str>::new());
}

fn money(used: &[(&str, &str)]) -> OrderMoney {
    OrderMoney {
        billed: usd("0.00"),
        unbilled_before: None,
        credit: None,
        used: used.iter().map(|(number, net)| ((*number).to_owned(), usd(net))).collect(),
    }
}

fn on_money(known: Option<&Known>, order: &Order, money: &OrderMoney) -> Vec<String> {
    let guidelines = Guidelines { money: Some(money), ..Guidelines::default() };
    found(known, order, guidelines).iter().map(ToString::to_string).collect()
}

// The fee is 10,000.00, less 15 %: 8,500.00 net.
#[test]
fn an_order_waits_that_brings_its_account_above_the_credit_limit() {
    let order = order(vec![fee()]);
    let credit = |limit| Credit {
        limit: usd(limit),
        owed: usd("1000.00"),
        drafted: usd("200.00"),
        unbilled: usd("300.00"),
    };
    let of = |limit| OrderMoney { credit: Some(credit(limit)), ..money(&[]) };
    assert_eq!(on_money(None, &order, &of("10000.00")), Vec::<String>::new(), "exactly the limit");
    let said = "the credit limit is 9999.99: 1000.00 is open, 200.00 on drafts, 300.00 booked on other orders, and this order adds 8500.00";
    assert_eq!(on_money(None, &order, &of("9999.99")), [said]);
    let billed = OrderMoney { billed: usd("4000.00"), ..of("6600.00") };
    assert_eq!(on_money(None, &order, &billed), Vec::<String>::new(), "5,100.00 are left to bill");
    let next = Order { revision: 2, ..order.clone() };
    let before = OrderMoney { unbilled_before: Some(usd("10000.00")), ..of("1.00") };
    assert_eq!(
        on_money(Some(&known(&order, &[])), &next, &before),
        Vec::<String>::new(),
        "nothing more than before"
    );
    let less = OrderMoney { unbilled_before: Some(usd("9999.99")), ..of("1.00") };
    assert_eq!(on_money(Some(&known(&order, &[])), &next, &less).len(), 1);
}

#[test]
fn an_order_waits_whose_purchase_orders_are_used_up() {
    let on = |pos: &[(&str, Option<&str>)]| {
        let po = |(number, value): &(&str, Option<&str>)| PurchaseOrder {
            number: (*number).to_owned(),
            value: value.map(usd),
            expires: None,
        };
        Order { purchase_orders: pos.iter().map(po).collect(), ..order(vec![fee()]) }
    };
    let said = "the purchase orders PO-1 are for 9000.00, of which 500.01 is used, and the order has 8500.00 to bill; ask the customer for another";
    let one = on(&[("PO-1", Some("9000.00"))]);
    assert_eq!(on_money(None, &one, &money(&[("PO-1", "500.01")])), [said]);
    assert_eq!(on_money(None, &one, &money(&[("PO-1", "500.00")])), Vec::<String>::new());
    let like = on(&[("po\u{2013}1", Some("9000.00"))]);
    assert_eq!(on_money(None, &like, &money(&[("PO-1", "500.01")])).len(), 1, "written otherwise");
    let short = on(&[("PO-1", Some("100.00"))]);
    assert_eq!(
        on_money(None, &short, &money(&[])),
        Vec::<String>::new(),
        "for a part, and nothing of it is used"
    );
    let two = on(&[("PO-1", Some("9000.00")), ("PO-2", Some("1.00"))]);
    assert_eq!(on_money(None, &two, &money(&[("PO-1", "500.01")])), Vec::<String>::new());
    let open = on(&[("PO-1", Some("9000.00")), ("PO-2", None)]);
    assert_eq!(on_money(None, &open, &money(&[("PO-1", "9000.00")])), Vec::<String>::new());
}

#[test]
fn a_number_is_the_same_in_any_case_and_with_any_dash_and_hides_nothing() {
    use crate::order::purchase_order::{hidden, name};
    for (number, like) in
        [("PO-1", "po-1"), ("PO-1", "PO\u{2212}1"), ("PO 1", "PO  1"), ("stra\u{df}e", "STRASSE")]
    {
        assert_eq!(name(number), name(like), "{number} {like}");
    }
    for (number, other) in [("PO-1", "PO-2"), ("PO-1", "PO1"), ("PO 1", "PO1"), ("1-23", "12-3")] {
        assert_ne!(name(number), name(other), "{number} {other}");
    }
    for hides in
        ['\u{200B}', '\u{AD}', '\u{FEFF}', '\u{202E}', '\u{A0}', '\u{2060}', '\u{3164}', '\u{E0031}', '\t']
    {
        assert_eq!(hidden(&format!("PO-1{hides}")), Some(hides));
    }
    for plain in ["PO-1", "PO 1/2", "Bestellung Nr. 4\u{2013}ä", "注文-1"] {
        assert_eq!(hidden(plain), None, "{plain}");
    }
}
