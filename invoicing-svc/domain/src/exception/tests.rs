use std::collections::{BTreeMap, BTreeSet};

use calendar::Days;
use jiff::civil::{Date, date};
use money::{Currency, Money};

use super::*;
use crate::ad_product::ProductState;
use crate::invoice::tests::{draft, january};
use crate::order::PurchaseOrder;
use crate::order::purchase_order::Used;
use crate::tax::{TaxRegistration, Validity};

fn usd() -> Currency {
    Currency::parse("USD").expect("a currency")
}

fn money(text: &str) -> Money {
    Money::parse(usd(), text).expect("an amount")
}

fn january_2026() -> Days {
    Days::new(date(2026, 1, 1), date(2026, 1, 31)).expect("days")
}

fn purchase_order(number: &str, value: Option<&str>, expires: Option<Date>) -> PurchaseOrder {
    PurchaseOrder { number: number.into(), value: value.map(money), expires }
}

fn take(
    known: &[PurchaseOrder],
    typed_in: Option<&str>,
    net: &str,
    used: &mut Used,
) -> (String, &'static str) {
    let chosen = choose(known, typed_in, (money(net), january_2026()), used).expect("amounts fit");
    (chosen.number.unwrap_or_default(), chosen.finding.map_or("", |finding| finding.reason()))
}

/// Story 7: the value is used up in the middle of the run, and what is typed in frees the draft.
#[test]
fn a_purchase_order_is_used_up_in_the_order_of_the_drafts() {
    let known = [purchase_order("PO-1", Some("1000.00"), None)];
    let mut used = Used::from([("PO-1".to_owned(), money("300.00"))]);
    assert_eq!(take(&known, None, "500.00", &mut used), ("PO-1".into(), ""));
    assert_eq!(take(&known, None, "300.00", &mut used), (String::new(), "PURCHASE_ORDER_USED_UP"));
    assert_eq!(
        take(&known, None, "200.00", &mut used),
        ("PO-1".into(), ""),
        "what waits uses nothing, and exactly all of it fits"
    );
    assert_eq!(
        take(&known, Some("PO-2"), "300.00", &mut used),
        ("PO-2".into(), ""),
        "a number that is typed in"
    );
    assert_eq!(take(&known, Some("PO-1"), "1.00", &mut used), ("PO-1".into(), "PURCHASE_ORDER_USED_UP"));
}

/// All 1,000.00 of PO-1 are billed.
#[test]
fn a_number_that_is_written_otherwise_is_the_same_purchase_order() {
    let known = [purchase_order("PO-1", Some("1000.00"), None)];
    let mut used = Used::new();
    assert_eq!(take(&known, Some("po-1"), "600.00", &mut used), ("po-1".into(), ""));
    assert_eq!(take(&known, None, "400.00", &mut used), ("PO-1".into(), ""));
    for like in ["PO-1", "po-1", "PO\u{2013}1", "Po\u{2011}1"] {
        let taken = take(&known, Some(like), "1.00", &mut used);
        assert_eq!(taken, (like.to_owned(), "PURCHASE_ORDER_USED_UP"));
    }
    assert_eq!(take(&known, Some("PO-10"), "1.00", &mut used), ("PO-10".into(), ""));
}

#[test]
fn the_first_purchase_order_that_holds_and_has_room_is_taken() {
    let expired = purchase_order("A", None, Some(date(2025, 12, 31)));
    let small = purchase_order("B", Some("100.00"), None);
    let large = purchase_order("C", Some("900.00"), Some(date(2026, 1, 1)));
    let known = [expired.clone(), small, large];
    let mut used = Used::new();
    assert_eq!(take(&known, None, "500.00", &mut used), ("C".into(), ""), "it expires within what is billed");
    assert_eq!(take(&known, None, "100.00", &mut used), ("B".into(), ""));
    assert_eq!(take(&[expired], None, "1.00", &mut used), (String::new(), "PURCHASE_ORDER_EXPIRED"));
    assert_eq!(
        take(&[], None, "1.00", &mut used),
        (String::new(), ""),
        "whether one is required is another check"
    );
}

fn account() -> AccountFacts {
    AccountFacts {
        currency: usd(),
        hold: None,
        credit_limit: None,
        owed: money("0.00"),
        purchase_order_required: false,
        purchase_order_format: String::new(),
        has_tax_id: true,
        registrations: Vec::new(),
        recent: Recent::default(),
    }
}

fn reasons(account: &AccountFacts, purchase_order: Option<&str>, lines: &[LineState]) -> Vec<&'static str> {
    let draft = draft(&january()).expect("a draft");
    let of_draft = check(&draft, &DraftFacts { account, twin: None, stale: false });
    let of_order = check_order(account, purchase_order, lines);
    of_draft.iter().chain(&of_order).map(Finding::reason).collect()
}

#[test]
fn an_ordinary_draft_has_nothing_to_see() {
    assert_eq!(reasons(&account(), None, &[]), Vec::<&str>::new());
}

#[test]
fn a_draft_that_does_not_know_everything_is_worth_a_look() {
    let draft = draft(&january()).expect("a draft");
    let found = check(&draft, &DraftFacts { account: &account(), twin: None, stale: true });
    assert_eq!(found, [Finding::StaleInput]);
    assert_eq!(severity(&found[0]), Severity::Warn);
}

#[test]
fn each_check_finds_what_it_is_for() {
    let hold = AccountFacts { hold: Some(("insolvency".into(), "carol".into())), ..account() };
    assert_eq!(reasons(&hold, None, &[]), ["CREDIT_HOLD"]);
    let at_limit = AccountFacts { credit_limit: Some(money("10.00")), owed: money("10.00"), ..account() };
    assert_eq!(reasons(&at_limit, None, &[]), Vec::<&str>::new(), "exactly the limit is within");
    assert_eq!(
        reasons(&AccountFacts { owed: money("10.01"), ..at_limit }, None, &[]),
        ["CREDIT_LIMIT_EXCEEDED"]
    );
    let euro = AccountFacts { currency: Currency::parse("EUR").expect("a currency"), ..account() };
    assert_eq!(reasons(&euro, None, &[]), ["CURRENCY_MISMATCH"]);
    let asks =
        AccountFacts { purchase_order_required: true, purchase_order_format: "AA-9999".into(), ..account() };
    assert_eq!(reasons(&asks, None, &[]), ["PURCHASE_ORDER_MISSING"]);
    assert_eq!(reasons(&asks, Some("PO-12"), &[]), ["BILLING_INSTRUCTION_NOT_MET"]);
    assert_eq!(reasons(&asks, Some("PO-1234"), &[]), Vec::<&str>::new());
}

/// Taxed with a tax point of 31 January and one of 10 February 2026.
#[test]
fn whoever_is_taxed_has_a_tax_id_on_the_tax_point() {
    let mut taxed = draft(&january()).expect("a draft");
    taxed.lines.push(taxed.lines[0].clone());
    for (line, tax_point) in taxed.lines.iter_mut().zip([date(2026, 1, 31), date(2026, 2, 10)]) {
        (line.tax.amount, line.tax_point) = (money("1.00"), tax_point);
    }
    let id = |number: &str, first, last| TaxRegistration {
        place: "GB".parse().expect("a place"),
        number: number.into(),
        valid: Validity { first, last },
    };
    let new_year = date(2026, 1, 1);
    let january = id("A", new_year, Some(date(2026, 1, 31)));
    let table = [
        (vec![], "TAX_ID_MISSING"),
        (vec![id("A", new_year, None)], ""),
        (vec![january.clone(), id("B", date(2026, 2, 1), None)], ""),
        (vec![january.clone()], "TAX_ID_EXPIRED"),
        (vec![id("A", new_year, Some(date(2026, 2, 10)))], ""),
        (vec![id("A", new_year, Some(date(2026, 2, 9)))], "TAX_ID_EXPIRED"),
        (vec![id("A", date(2026, 2, 11), None)], "TAX_ID_MISSING"),
    ];
    for (registrations, expected) in table {
        let account = AccountFacts { has_tax_id: false, registrations: registrations.clone(), ..account() };
        let found = check(&taxed, &DraftFacts { account: &account, twin: None, stale: false });
        assert_eq!(found.first().map_or("", Finding::reason), expected, "{registrations:?}");
        let undated = AccountFacts { has_tax_id: true, ..account };
        assert_eq!(check(&taxed, &DraftFacts { account: &undated, twin: None, stale: false }), []);
    }
    let lapsed = AccountFacts { has_tax_id: false, registrations: vec![january], ..account() };
    let found = check(&taxed, &DraftFacts { account: &lapsed, twin: None, stale: false });
    assert_eq!(
        found[0].to_string(),
        "tax is billed as of 2026-02-10, and the account's tax id A expired on 2026-01-31; ask for the one that holds since"
    );
}

fn line(state: ProductState, delivered_until: Option<(Date, Days)>) -> LineState {
    let line = ids::LineId::from_uuid(uuid::Uuid::from_u128(1));
    let (number, product) = ("L3".into(), "SPOT".into());
    let several = BTreeMap::new();
    LineState { line, number, product, product_state: state, below_list: None, delivered_until, several }
}

#[test]
fn products_and_delivery_are_looked_at_line_by_line() {
    assert_eq!(reasons(&account(), None, &[line(ProductState::Draft, None)]), ["PRODUCT_NOT_LIVE"]);
    assert_eq!(
        reasons(&account(), None, &[line(ProductState::Retired, None)]),
        ["PRODUCT_RETIRES_IN_FLIGHT"]
    );
    let percent = money::Percent::parse("5").expect("a percent");
    let below_list = crate::rate_card::below(money::Rate::parse("10").expect("a rate"), 9.into(), percent);
    let cheap = LineState { below_list, ..line(ProductState::Live, None) };
    assert_eq!(reasons(&account(), None, &[cheap]), ["OFF_RATE_CARD"]);
    let until = |day| Some((date(2026, 1, day), january_2026()));
    assert_eq!(reasons(&account(), None, &[line(ProductState::Live, until(30))]), ["DELIVERY_DAYS_MISSING"]);
    assert_eq!(reasons(&account(), None, &[line(ProductState::Live, until(31))]), Vec::<&str>::new());
}

#[test]
fn several_sources_of_a_line_are_said_of_the_latest_period() {
    let february = Days::new(date(2026, 2, 1), date(2026, 2, 28)).expect("days");
    let sources = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let several =
        BTreeMap::from([(january_2026(), sources(&["own", "logs"])), (february, sources(&["own", "hand"]))]);
    let counted = LineState { several, ..line(ProductState::Live, None) };
    let [found] = &check_order(&account(), None, &[counted])[..] else { panic!("one finding") };
    assert_eq!(
        (found.reason(), found.line(), severity(found)),
        ("COUNTED_BY_SEVERAL", Some("L3"), Severity::Warn)
    );
    assert_eq!(
        found.to_string(),
        "line L3: hand and own each say what was delivered in 2026-02-01 to 2026-02-28, and all of it is billed; \
         if they count the same, name one of them as the delivery source of the line"
    );
}

#[test]
fn an_account_is_compared_with_its_recent_months() {
    let recent = |months: &[&str], this: &str| AccountFacts {
        recent: Recent { months: months.iter().copied().map(money).collect(), this: Some(money(this)) },
        ..account()
    };
    let found = |months: &[&str], this| !reasons(&recent(months, this), None, &[]).is_empty();
    assert!(!found(&["100.00"], "1000.00"), "one month is no habit");
    assert!(!found(&["100.00", "300.00"], "300.00"), "exactly 50 % above the average of 200.00");
    assert!(found(&["100.00", "300.00"], "302.00"), "51 %");
    assert!(found(&["100.00", "300.00"], "98.00"), "51 % below");
}

#[test]
fn what_blocks_is_due_in_two_business_days() {
    // 2026-01-16 is a Friday.
    assert_eq!(due_on(Severity::Block, date(2026, 1, 16)), Some(date(2026, 1, 20)));
    assert_eq!(due_on(Severity::Warn, date(2026, 1, 16)), Some(date(2026, 1, 23)));
}

#[test]
fn an_entity_says_how_severe_a_finding_is() {
    let usual = Severities::default();
    assert_eq!(usual.severity(&Finding::PurchaseOrderMissing), Some(Severity::Block));
    assert_eq!(usual.severity(&Finding::TaxIdMissing), Some(Severity::Warn));
    let settings = [("PURCHASE_ORDER_MISSING", Some(Severity::Warn)), ("TAX_ID_MISSING", None)];
    let own = Severities::of(settings.map(|(reason, severity)| (reason.to_owned(), severity)).into());
    assert_eq!(own.severity(&Finding::PurchaseOrderMissing), Some(Severity::Warn));
    assert_eq!(own.severity(&Finding::TaxIdMissing), None);
}
