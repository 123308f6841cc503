//! Amendments: which days keep their price, and which parts of a fee stay.

use super::*;

fn cpm(price: &str) -> Line {
    let rate = Some(Rate::parse(price).expect("a rate"));
    let flight = days("2026-01-01..2026-04-30");
    Line { rate, flight, booked_units: Some(units("2000000")), ..line("L1", PricingModel::Cpm) }
}

fn scope(from: Option<&str>) -> Vec<TermScope> {
    let holds = from.map_or(Holds::FromStart, |from| Holds::From(day(from)));
    vec![TermScope { term: None, holds, evidence: "mail of 28 January".into() }]
}

/// What the known order is after it took these lines.
fn then(known: &Known, revision: i64, lines: Vec<Line>) -> (Known, Booking) {
    let order = Order { revision, ..order(lines) };
    let booking = match say(Some(known), &order).expect("taken") {
        Decision::Amend(booking) => booking,
        other => panic!("{other:?}"),
    };
    let mut next = known.clone();
    next.revision = revision;
    for (line, terms) in order.lines.iter().zip(&booking.lines) {
        let known = next.lines.get_mut(&line.number).expect("known");
        known.terms_digest = terms.digest;
        known.list_amount = terms.list_amount;
        known.said = terms.said.iter().map(|(term, said)| ((*term).to_owned(), said.clone())).collect();
        known.segments.clone_from(&terms.segments);
        known.parts.clone_from(&terms.parts);
    }
    (next, booking)
}

fn prices(booking: &Booking) -> Vec<String> {
    let segments = booking.lines[0].segments.iter();
    segments
        .map(|of| format!("{} at {} by {}", of.days, of.price.rate.expect("a rate"), of.revision))
        .collect()
}

// Story 1: 10.00, then 8.00 from 1 February, then 8.00 from the start.
#[test]
fn a_price_holds_from_the_day_that_its_scope_says() {
    let first = known(&order(vec![cpm("10")]), &["L1"]);
    let february = Line { scopes: scope(Some("2026-02-01")), ..cpm("8") };
    let (second, booking) = then(&first, 2, vec![february]);
    assert_eq!(
        prices(&booking),
        ["2026-01-01 to 2026-01-31 at 10 by 1", "2026-02-01 to 2026-04-30 at 8 by 2"]
    );
    let (third, booking) = then(&second, 3, vec![Line { description: "News".into(), ..cpm("8") }]);
    assert_eq!(prices(&booking).len(), 2, "a text moves no price");
    assert_eq!(third.lines["L1"].terms_digest, second.lines["L1"].terms_digest);
    let (_, booking) = then(&third, 4, vec![Line { scopes: scope(None), ..cpm("8") }]);
    assert_eq!(prices(&booking), ["2026-01-01 to 2026-04-30 at 8 by 4"]);
    let longer = Line { flight: days("2026-01-01..2026-06-30"), ..cpm("8") };
    let (_, booking) = then(&second, 4, vec![longer]);
    assert_eq!(
        prices(&booking)[1],
        "2026-02-01 to 2026-06-30 at 8 by 2",
        "a flight says itself from when on"
    );
}

#[test]
fn an_amendment_of_what_was_billed_waits_without_its_scope_or_its_evidence() {
    let first = known(&order(vec![cpm("10")]), &["L1"]);
    let amend = |line| say(Some(&first), &Order { revision: 2, ..order(vec![line]) });
    let missing = ["AMENDMENT_SCOPE_MISSING", "PRICE_CUT_WITHOUT_EVIDENCE"];
    assert_eq!(findings(amend(cpm("8"))), missing);
    assert_eq!(findings(amend(cpm("12"))), missing[..1]);
    let mut silent = scope(Some("2026-02-01"));
    silent[0].evidence.clear();
    assert_eq!(findings(amend(Line { scopes: silent.clone(), ..cpm("8") })), missing[1..]);
    assert!(findings(amend(Line { scopes: silent, ..cpm("12") })).is_empty());
    let units_only = vec![TermScope { term: Some("booked_units".into()), ..scope(None)[0].clone() }];
    assert_eq!(findings(amend(Line { scopes: units_only, ..cpm("12") })), missing[..1], "of another term");
    let late = amend(Line { scopes: scope(Some("2026-05-01")), ..cpm("8") });
    assert_eq!(reason(late), "SCOPE_DAY");
}

#[test]
fn a_scope_names_a_term_that_there_is() {
    let first = known(&order(vec![cpm("10")]), &["L1"]);
    let of = |term: &str| vec![TermScope { term: Some(term.into()), ..scope(Some("2026-02-01"))[0].clone() }];
    let amend = |term| {
        say(Some(&first), &Order { revision: 2, ..order(vec![Line { scopes: of(term), ..cpm("8") }]) })
    };
    assert!(matches!(amend("rate"), Ok(Decision::Amend(_))));
    for term in ["price", "bookedUnits", "discount_percent"] {
        let refused = amend(term).expect_err("refused");
        assert_eq!(refused.reason(), "UNKNOWN_TERM");
        let told = refused.to_string();
        assert!(told.contains(&format!("names {term}, which is no term")) && told.contains("rate"), "{told}");
    }
    let new = Line { scopes: of("price"), ..cpm("8") };
    assert_eq!(reason(booking(&order(vec![new]))), "UNKNOWN_TERM", "also before anything is billed");
}

fn fee_of(flight: &str, amount: &str) -> Line {
    Line { flight: days(flight), amount: Some(usd(amount)), ..line("L2", PricingModel::FlatFee) }
}

/// 12,000.00 January to June, of which January to March are billed.
fn billed_to_march() -> Known {
    let mut known = known(&order(vec![fee_of("2026-01-01..2026-06-30", "12000.00")]), &["L2"]);
    let line = known.lines.get_mut("L2").expect("known");
    line.billed = line.parts[..3].iter().map(|part| (part.period, part.amount)).collect();
    known
}

fn parts_after(line: Line) -> Vec<String> {
    let (_, booking) = then(&billed_to_march(), 2, vec![line]);
    booking.lines[0].parts.iter().map(|part| part.amount.to_string()).collect()
}

// domain.md §4, and story 2.
#[test]
fn an_amended_fee_keeps_what_is_billed_and_splits_the_rest() {
    let extended = parts_after(fee_of("2026-01-01..2026-09-30", "12000.00"));
    assert_eq!(extended[..3], ["2000.00", "2000.00", "2000.00"]);
    assert_eq!(extended[3..], ["1000.00"; 6]);
    let shortened = parts_after(fee_of("2026-01-01..2026-04-30", "12000.00"));
    assert_eq!(shortened[3..], ["6000.00"]);
    let scoped = |scopes, amount| Line { scopes, ..fee_of("2026-01-01..2026-06-30", amount) };
    assert_eq!(
        parts_after(scoped(scope(Some("2026-05-01")), "18000.00"))[3..],
        ["2000.00", "5000.00", "5000.00"],
        "April lies before the amendment"
    );
    assert_eq!(
        parts_after(scoped(scope(None), "6000.00")),
        ["1000.00"; 6],
        "from the start: 3,000.00 too much billed"
    );
    assert_eq!(
        parts_after(scoped(scope(Some("2026-04-01")), "5000.00")),
        ["2000.00", "2000.00", "1000.00"],
        "below what is billed: what is too much is held"
    );
}

#[test]
fn a_cancelled_line_bills_to_its_last_day() {
    let cancelled = |on| Line { cancelled_on: Some(day(on)), ..fee_of("2026-01-01..2026-06-30", "12000.00") };
    assert_eq!(parts_after(cancelled("2026-04-30"))[3..], ["2000.00"]);
    assert_eq!(parts_after(cancelled("2026-04-15"))[3..], ["1000.00"], "15 of 30 days");
    assert_eq!(reason(booking(&order(vec![cancelled("2026-07-01")]))), "CANCELLED_ON");
    let first = known(&order(vec![cpm("10")]), &["L1"]);
    let short_rate = Some(Rate::parse("12").expect("a rate"));
    let (agreed, _) = then(&first, 2, vec![Line { short_rate, ..cpm("10") }]);
    let ended = Line { short_rate, cancelled_on: Some(day("2026-02-10")), ..cpm("10") };
    let (_, booking) = then(&agreed, 3, vec![ended]);
    assert_eq!(prices(&booking), ["2026-01-01 to 2026-02-10 at 12 by 3"], "the short rate, from the start");
}

// 500.00 in each of six months are 3,000.00; in the two that ran, 1,000.00.
#[test]
fn a_minimum_ends_with_a_line_that_is_cancelled() {
    let minimum = Some(Minimum { amount: usd("500.00"), window: Window::Period });
    let of = |budget, ended: Option<&str>| Line {
        flight: days("2026-01-01..2026-06-30"),
        cap: Some(Cap::Budget(usd(budget))),
        usage: Usage { minimum, ..Usage::default() },
        cancelled_on: ended.map(day),
        ..cpm("10")
    };
    let first = known(&order(vec![of("3000.00", None)]), &[]);
    let (_, taken) = then(&first, 2, vec![of("1000.00", Some("2026-02-28"))]);
    assert_eq!(taken.lines[0].cap, Cap::Budget(usd("1000.00")));
    let told = booking(&order(vec![of("999.99", Some("2026-02-28"))])).expect_err("refused").to_string();
    assert!(
        told.contains("over 2026-01-01 to 2026-02-28 the minimum comes to 1000.00 (2 × 500.00)"),
        "{told}"
    );
    let longer = booking(&order(vec![of("1000.00", Some("2026-03-01"))]));
    assert_eq!(reason(longer), "MINIMUM_ABOVE_MAXIMUM", "a day of March has its 500.00");
}

#[test]
fn opening_balances_move_no_more_once_a_line_is_billed() {
    let first = known(&order(vec![cpm("10")]), &["L1"]);
    let opening =
        OpeningBalance { origin: days("2026-01-01..2026-01-31"), units: units("1"), gross: usd("1.00") };
    let later = Line { opening_balances: vec![opening], scopes: scope(None), ..cpm("10") };
    assert_eq!(
        reason(say(Some(&first), &Order { revision: 2, ..order(vec![later]) })),
        "OPENING_BALANCES_MOVED"
    );
}

#[test]
fn an_order_below_the_guidelines_waits_until_it_is_approved() {
    let rule = |format: &str| PurchaseOrderRule { is_required: true, format: format.into() };
    let fits =
        [("", "x", true), ("PO-9999", "PO-0042", true), ("PO-9999", "PO-42", false), ("A99", "722", false)];
    for (format, number, expected) in fits {
        assert_eq!(rule(format).fits(number), expected, "{format} {number}");
    }
    let decide = |order: &Order, format: &str, is_approved: bool| {
        let account =
            AccountFacts { payment_terms_days: 30, territory: "EAST".into(), purchase_orders: rule(format) };
        let not_live = BTreeSet::from([product(PricingModel::Cpm)]);
        with_facts(|facts| {
            let facts = Facts { account: Some(&account), not_live: &not_live, is_approved, ..facts };
            sync(None, order, facts)
        })
    };
    let bare = order(vec![cpm("10")]);
    assert_eq!(findings(decide(&bare, "", false)), ["PURCHASE_ORDER_MISSING", "PRODUCT_NOT_LIVE"]);
    assert!(matches!(decide(&bare, "", true), Ok(Decision::Create(_))));
    let po = PurchaseOrder { number: "4711".into(), value: None, expires: None };
    let paid = Order { purchase_orders: vec![po], ..order(vec![fee()]) };
    assert_eq!(findings(decide(&paid, "PO-9999", false)), ["PURCHASE_ORDER_FORMAT"]);
    assert!(matches!(decide(&paid, "9999", false), Ok(Decision::Create(_))));
}

#[test]
fn an_approval_does_not_say_from_when_on_terms_hold() {
    let first = known(&order(vec![cpm("10")]), &["L1"]);
    let cheaper = Order { revision: 2, ..order(vec![cpm("8")]) };
    let approved = with_facts(|facts| sync(Some(&first), &cheaper, Facts { is_approved: true, ..facts }));
    assert_eq!(findings(approved), ["AMENDMENT_SCOPE_MISSING"]);
}

#[test]
fn a_second_person_approves_what_waits() {
    let review = |state| Review { revision: ids::Revision::FIRST, state, makers: vec!["maker".into()] };
    let reason = |state, person| approve(&review(state), person).expect_err("refused").reason();
    assert_eq!(reason(ReviewState::Waiting, "maker"), "REVIEW_BY_ITS_MAKER");
    assert_eq!(reason(ReviewState::Rejected, "other"), "REVIEW_DECIDED");
    assert!(approve(&review(ReviewState::Waiting), "other").is_ok());
}
