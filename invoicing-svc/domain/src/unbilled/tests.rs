use calendar::{BillingCalendar, BillingCycle, Days, Month};
use ids::{InvoiceId, LineId, OrderId, RunId};
use jiff::civil::Date;
use money::{Currency, Money, Percent, Quantity, Rate, Rounding};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Block, Drafted, OpenRun, Reason, Standing, Waiting, Why, reasons, standing};
use crate::order::{BillingTerms, Cap, Part, ToleranceBase};
use crate::pricing::{Metric, PricingModel, Window};
use crate::rating::{Basis, Billed, Cell, LineToRate, Metered, Price, Pricing, Terms, rate};
use crate::third_party::{Case, Counts, Finding, Outcome};

fn usd(amount: &str) -> Money {
    Money::parse(Currency::parse("USD").unwrap(), amount).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn days(first: &str, last: &str) -> Days {
    Days::new(day(first), day(last)).unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn order() -> OrderId {
    OrderId::of("io", "IO-1")
}

fn line(month: &str, pricing: Pricing) -> LineToRate {
    LineToRate {
        line: LineId::of(order(), "L1"),
        currency: Currency::parse("USD").unwrap(),
        rounding: Rounding::HalfAwayFromZero,
        billing: BillingTerms {
            calendar: BillingCalendar::CalendarMonth,
            cycle: BillingCycle::EndOfMonth,
            contract_last: day("2026-06-30"),
        },
        month: month.parse().unwrap(),
        pricing,
        billed_before: Vec::new(),
        last_entry: 0,
    }
}

/// A fee of so much in each month from January on.
fn fee(through: &str, parts: &[&str]) -> LineToRate {
    let part = |(number, amount): (i8, &&str)| Part {
        period: Month::new(2026, number)
            .map(|month| Days::new(month.first_day(), month.last_day()).unwrap())
            .unwrap(),
        amount: usd(amount),
    };
    line(through, Pricing::FlatFee { parts: (1_i8..).zip(parts).map(part).collect() })
}

/// Impressions at a price per thousand, capped by so many booked; what was delivered by month from January on.
fn cpm(through: &str, price: &str, cap: Cap, booked: i64, delivered: &[i64]) -> LineToRate {
    let cell = |(number, units): (i8, &i64)| Cell {
        days: Month::new(2026, number)
            .map(|month| Days::new(month.first_day(), month.last_day()).unwrap())
            .unwrap(),
        units: Decimal::from(*units),
        spend: Decimal::ZERO,
    };
    let flight = days("2026-01-01", "2026-06-30");
    let terms = Terms {
        days: flight,
        price: Some(Price::Rate(Rate::parse(price).unwrap())),
        discount: Percent::parse("0").unwrap(),
    };
    let metered = Metered {
        model: PricingModel::Cpm,
        metric: Metric::Impressions,
        flight,
        ended: None,
        terms: vec![terms],
        booked_units: Some(Quantity::of(Decimal::from(booked)).unwrap()),
        period_units: vec![],
        cap,
        cap_window: Window::Life,
        tier_window: Window::Life,
        term_months: None,
        package_units: None,
        minimum: None,
        expenses: None,
        cells: (1_i8..).zip(delivered).map(cell).collect(),
        undecided: vec![],
    };
    line(through, Pricing::Metered(Box::new(metered)))
}

/// Bills the line through its month.
fn bill(line: &mut LineToRate) {
    for item in rate(line).unwrap().items {
        line.billed_before.push(Billed {
            bucket: item.bucket,
            units: item.quantity,
            gross: item.gross,
            basis: Basis::Rated,
        });
        line.last_entry = item.entry;
    }
}

fn waiting(today: &str) -> Waiting {
    Waiting { today: day(today), drafted: vec![], block: None, open: None, hold: None, line: None }
}

fn run() -> RunId {
    RunId::from_uuid(uuid::Uuid::from_u128(1))
}

fn drafted(origin: Days, gross: &str, block: Option<Block>) -> Drafted {
    let invoice = InvoiceId::from_uuid(uuid::Uuid::from_u128(2));
    Drafted { invoice, run: run(), since: day("2026-02-01"), origin, gross: usd(gross), block }
}

fn told(line: &LineToRate, waiting: &Waiting) -> Vec<(Why, String)> {
    let told =
        |reason: Reason| (reason.why, reason.amount.map_or("unknown".into(), |amount| amount.to_string()));
    reasons(line, &standing(line, &[]).unwrap(), waiting).unwrap().into_iter().map(told).collect()
}

fn known(why: Why, amount: &str) -> (Why, String) {
    (why, amount.to_owned())
}

#[test]
fn a_part_whose_period_is_not_over_is_not_yet_due() {
    let line = fee("2026-02", &["100.00", "100.00", "100.00"]);
    let expected = [known(Why::Due, "100.00"), known(Why::NotYetDue, "100.00")];
    assert_eq!(told(&line, &waiting("2026-02-10")), expected);
}

#[test]
fn what_a_draft_has_is_in_the_draft_or_blocked() {
    let line = fee("2026-01", &["100.00"]);
    let january = days("2026-01-01", "2026-01-31");
    let in_draft = Waiting { drafted: vec![drafted(january, "100.00", None)], ..waiting("2026-02-10") };
    assert_eq!(told(&line, &in_draft), [known(Why::InDraft, "100.00")]);
    let block = Block {
        reason: "PO_MISSING".into(),
        message: "the order has no purchase order".into(),
        owner: None,
        since: day("2026-02-02"),
    };
    let blocked =
        Waiting { drafted: vec![drafted(january, "100.00", Some(block.clone()))], ..waiting("2026-02-10") };
    let told = reasons(&line, &standing(&line, &[]).unwrap(), &blocked).unwrap();
    assert_eq!(
        (told[0].why, told[0].reason.as_str(), told[0].owner.as_str()),
        (Why::Blocked, "PO_MISSING", "billing_analyst")
    );
    let open = Some(OpenRun { run: run(), month: month("2026-01"), since: day("2026-02-01") });
    let without_draft = Waiting { block: Some(block), open, ..waiting("2026-02-10") };
    assert_eq!(reasons(&line, &standing(&line, &[]).unwrap(), &without_draft).unwrap()[0].why, Why::Blocked);
}

#[test]
fn what_somebody_holds_waits_for_them_once_its_period_is_over() {
    let line = fee("2026-02", &["100.00", "100.00"]);
    let hold = Block {
        reason: "ON_HOLD".into(),
        message: "dispute".into(),
        owner: Some("carol".into()),
        since: day("2026-02-02"),
    };
    let held = Waiting { hold: Some(hold), ..waiting("2026-02-10") };
    assert_eq!(told(&line, &held), [known(Why::OnHold, "100.00"), known(Why::NotYetDue, "100.00")]);
    assert_eq!(reasons(&line, &standing(&line, &[]).unwrap(), &held).unwrap()[0].owner, "carol");
}

#[test]
fn what_came_after_the_inputs_of_a_run_is_stale() {
    let line = fee("2026-01", &["120.00"]);
    let open = Some(OpenRun { run: run(), month: month("2026-01"), since: day("2026-02-01") });
    let waiting = Waiting {
        drafted: vec![drafted(days("2026-01-01", "2026-01-31"), "100.00", None)],
        open,
        ..waiting("2026-02-10")
    };
    assert_eq!(told(&line, &waiting), [known(Why::InDraft, "100.00"), known(Why::StaleInput, "20.00")]);
}

#[test]
fn over_delivery_is_free_and_a_restatement_is_held() {
    // 1,000,000 booked at 10.00 per thousand; 1,200,000 delivered: domain.md, caps.
    let mut line = cpm("2026-01", "10", Cap::LesserOfBookedAndDelivered, 1_000_000, &[1_200_000]);
    let expected = [known(Why::Due, "10000.00"), known(Why::OverCap, "0.00")];
    assert_eq!(told(&line, &waiting("2026-02-10")), expected);
    bill(&mut line);
    assert_eq!(told(&line, &waiting("2026-02-10")), [known(Why::OverCap, "0.00")]);
    let Pricing::Metered(metered) = &mut line.pricing else { panic!("it is metered") };
    metered.cells[0].units = Decimal::from(900_000);
    assert_eq!(told(&line, &waiting("2026-02-10")), [known(Why::Held, "-1000.00")]);
}

/// January, of which so much was counted by the publisher, and by the third party that controls.
fn apart(finding: Finding, own: i64, controlling: Option<i64>) -> Case {
    let period = days("2026-01-01", "2026-01-31");
    let counts = Counts { own: Decimal::from(own), controlling: controlling.map(Decimal::from) };
    let cells = vec![Cell { days: period, units: Decimal::from(own), spend: Decimal::ZERO }];
    let (to_date, base, tolerance_percent) = (counts, ToleranceBase::Own, Quantity::parse("10").unwrap());
    let outcomes = vec![(Outcome::Own, cells)];
    Case { period, finding, counts, to_date, base, tolerance_percent, outcomes }
}

/// The third party has counted nothing of 500,000: 5,000.00 at 10.00.
#[test]
fn what_waits_for_a_choice_between_counts_is_held_with_its_amount() {
    let line = cpm("2026-01", "10", Cap::LesserOfBookedAndDelivered, 2_000_000, &[0]);
    let case = apart(Finding::TagFailure, 500_000, Some(0));
    let standing = standing(&line, std::slice::from_ref(&case)).unwrap();
    assert_eq!((standing.unexplained, unbilled(&line, &standing)), (usd("0.00"), usd("5000.00")));
    let found = Block {
        reason: "THIRD_PARTY_TAG_FAILURE".into(),
        message: "line L1: look at its tag".into(),
        owner: Some("carol".into()),
        since: day("2026-02-02"),
    };
    let waiting = Waiting { line: Some(found), ..waiting("2026-02-10") };
    let [told] = &reasons(&line, &standing, &waiting).unwrap()[..] else { panic!("one reason") };
    assert_eq!(
        (told.why, told.reason.as_str(), told.amount),
        (Why::Apart, "THIRD_PARTY_TAG_FAILURE", Some(usd("5000.00")))
    );
    assert_eq!((told.owner.as_str(), told.since), ("carol", day("2026-02-02")));
    assert!(told.act().starts_with("choose one of the outcomes"), "{}", told.act());
    assert_eq!(told.message, case.to_string());
}

/// 1,190.00 are billed of January, of which the third party confirms 100,000 since: by the own count 10.00 more would bill, and
/// nothing is held to be taken back.
#[test]
fn what_is_billed_of_a_period_without_a_choice_is_not_held() {
    let mut line = cpm("2026-01", "10", Cap::Uncapped, 2_000_000, &[119_000]);
    bill(&mut line);
    let Pricing::Metered(metered) = &mut line.pricing else { panic!("it is metered") };
    metered.cells[0].units = Decimal::from(100_000);
    metered.undecided = vec![days("2026-01-01", "2026-01-31")];
    let case = apart(Finding::Beyond, 120_000, Some(100_000));
    let standing = standing(&line, &[case]).unwrap();
    assert_eq!((standing.unexplained, unbilled(&line, &standing)), (usd("0.00"), usd("10.00")));
    assert_eq!(standing.held, []);
    let told = reasons(&line, &standing, &waiting("2026-02-10")).unwrap();
    let told: Vec<_> = told.iter().map(|told| (told.why, told.amount.unwrap().to_string())).collect();
    assert_eq!(told, [known(Why::Apart, "10.00")]);
}

/// 1,100,000 are booked at 10.00. By the controlling count January bills 10,000.00 and February 1,000.00; by the own one January
/// takes the whole cap, 11,000.00, and nothing is left to February.
#[test]
fn the_own_count_of_a_period_uses_the_cap_of_the_next() {
    let line = cpm("2026-02", "10", Cap::LesserOfBookedAndDelivered, 1_100_000, &[1_000_000, 100_000]);
    let case = apart(Finding::Beyond, 1_200_000, Some(1_000_000));
    let standing = standing(&line, &[case]).unwrap();
    assert_eq!((standing.unexplained, unbilled(&line, &standing)), (usd("0.00"), usd("11000.00")));
    let told = reasons(&line, &standing, &waiting("2026-03-15")).unwrap();
    let told: Vec<_> = told.iter().map(|told| (told.why, told.amount.unwrap().to_string())).collect();
    let expected = [
        known(Why::Apart, "1000.00"),
        known(Why::Due, "10000.00"),
        known(Why::OverCap, "0.00"),
        known(Why::Apart, "-1000.00"),
        known(Why::Due, "1000.00"),
        known(Why::OverCap, "0.00"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_to_do_fits_what_stands_in_the_way() {
    let line = fee("2026-01", &["100.00"]);
    let january = days("2026-01-01", "2026-01-31");
    let of = |reason: &str| {
        let block =
            Block { reason: reason.into(), message: "because".into(), owner: None, since: day("2026-02-02") };
        let drafted = vec![drafted(january, "100.00", Some(block))];
        let waiting = Waiting { drafted, ..waiting("2026-02-10") };
        let told = reasons(&line, &standing(&line, &[]).unwrap(), &waiting).unwrap();
        (told[0].why, told[0].act(), told[0].owner.clone())
    };
    let (why, act, owner) = of("ON_HOLD");
    assert_eq!((why, act), (Why::OnHold, "release the hold, or wait until it expires"));
    assert_eq!(owner, "billing_analyst");
    let (why, act, owner) = of("THIRD_PARTY_CASE");
    assert!(why == Why::Blocked && act.starts_with("choose one of the outcomes"), "{act}");
    assert_eq!(owner, "billing_manager", "an analyst may not choose");
    let (why, act, owner) = of("PURCHASE_ORDER_MISSING");
    assert!(why == Why::Blocked && act.starts_with("mend what the exception names"), "{act}");
    assert_eq!(owner, "billing_analyst");
    // Order management may adjust an order in review, and neither approve nor reject it.
    assert_eq!(Why::InOrderReview.role(), "billing_manager");
}

#[test]
fn a_line_that_cannot_be_rated_says_why_and_no_amount() {
    let mut line = cpm("2026-01", "10", Cap::Uncapped, 1_000, &[1_000]);
    let Pricing::Metered(metered) = &mut line.pricing else { panic!("it is metered") };
    metered.terms[0].price = None;
    let told = reasons(&line, &standing(&line, &[]).unwrap(), &waiting("2026-02-10")).unwrap();
    assert_eq!(
        (told[0].why, told[0].reason.as_str(), told[0].amount),
        (Why::CannotBeRated, "PRICE_MISSING", None)
    );
}

fn caps() -> impl Strategy<Value = Cap> {
    prop_oneof![
        Just(Cap::LesserOfBookedAndDelivered),
        Just(Cap::Uncapped),
        (1_i64..3_000).prop_map(|cents| Cap::Budget(
            Money::of(usd("0.00").currency(), Decimal::new(cents, 2)).unwrap()
        )),
        (1_i64..200).prop_map(|percent| Cap::Percent(Quantity::of(Decimal::from(percent)).unwrap())),
    ]
}

/// What is worth to date less what is billed is the sum of the reasons, and nothing is unexplained.
fn balances(line: &LineToRate, waiting: &Waiting) {
    let standing = standing(line, &[]).unwrap();
    assert!(standing.unexplained.is_zero(), "{standing:#?}");
    let told = reasons(line, &standing, waiting).unwrap();
    let sum = Money::sum(line.currency, told.iter().filter_map(|reason| reason.amount)).unwrap();
    assert_eq!(sum, unbilled(line, &standing), "{told:#?}");
}

fn unbilled(line: &LineToRate, standing: &Standing) -> Money {
    let rated =
        Money::sum(line.currency, standing.periods.values().map(|period| period.rated().unwrap())).unwrap();
    let billed = Money::sum(line.currency, standing.periods.values().map(|period| period.billed)).unwrap();
    rated.minus(billed).unwrap()
}

/// A million at 10.00 were billed of January, of which 900,000 were delivered, and 500,000 in February: −1,000.00 is held and
/// 5,000.00 due, until drafts have both.
#[test]
fn what_a_draft_takes_back_is_in_the_draft() {
    let mut line = cpm("2026-01", "10", Cap::Uncapped, 3_000_000, &[1_000_000]);
    bill(&mut line);
    let restated = cpm("2026-02", "10", Cap::Uncapped, 3_000_000, &[900_000, 500_000]);
    let line = LineToRate { billed_before: line.billed_before, last_entry: 1, ..restated };
    let none = waiting("2026-03-15");
    assert_eq!(told(&line, &none), [known(Why::Held, "-1000.00"), known(Why::Due, "5000.00")]);
    let january = drafted(days("2026-01-01", "2026-01-31"), "-1000.00", None);
    let february = drafted(days("2026-02-01", "2026-02-28"), "5000.00", None);
    let both = Waiting { drafted: vec![january, february], ..none };
    assert_eq!(told(&line, &both), [known(Why::InDraft, "-1000.00"), known(Why::InDraft, "5000.00")]);
}

proptest! {
    #[test]
    fn the_reasons_sum_to_what_is_not_billed_whatever_happened(
        cap in caps(),
        price in 1_i64..90_000,
        booked in 0_i64..5_000,
        delivered in prop::collection::vec(0_i64..3_000, 6),
        // A restatement of a month, and through which month is billed then.
        life in prop::collection::vec((0_usize..6, 0_i64..3_000, 1_i8..7), 0..8),
        drafts in prop::collection::vec((1_i8..7, -500_i64..500), 0..3),
    ) {
        let price = Decimal::new(price, 3).to_string();
        let mut line = cpm("2026-06", &price, cap, booked, &delivered);
        for (month, units, through) in life {
            line.month = Month::new(2026, through).unwrap();
            bill(&mut line);
            let Pricing::Metered(metered) = &mut line.pricing else { panic!("it is metered") };
            metered.cells[month].units = Decimal::from(units);
            balances(&line, &waiting("2026-04-15"));
        }
        let draft = |(number, cents): (i8, i64)| {
            let month = Month::new(2026, number).unwrap();
            let gross = Money::of(line.currency, Decimal::new(cents, 2)).unwrap();
            Drafted { gross, ..drafted(Days::new(month.first_day(), month.last_day()).unwrap(), "0.00", None) }
        };
        let open = Some(OpenRun { run: run(), month: month("2026-04"), since: day("2026-05-01") });
        let with_drafts = Waiting { drafted: drafts.into_iter().map(draft).collect(), open, ..waiting("2026-04-15") };
        balances(&line, &with_drafts);
    }
}
