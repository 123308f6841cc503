use std::collections::{BTreeMap, BTreeSet};

use calendar::{BillingCycle, Days, FiscalCalendar};
use ids::{AccountId, EntityId, ProductId};
use jiff::civil::Date;
use money::{Currency, Money, Percent, Quantity, Rate, Remainder, Rounding};
use proptest::prelude::*;

use super::*;
use crate::account::PurchaseOrderRule;
use crate::control_total::ControlTotal;
use crate::pricing::{Metric, Minimum, PeriodUnits, PricingModel, Schedule, Tier, Window};

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

fn days(text: &str) -> Days {
    let (first, last) = text.split_once("..").expect("two days");
    Days::new(day(first), day(last)).expect("in order")
}

fn usd(amount: &str) -> Money {
    Money::parse(Currency::parse("USD").expect("a currency"), amount).expect("an amount")
}

fn units(count: &str) -> Quantity {
    Quantity::parse(count).expect("units")
}

const MODELS: [PricingModel; 17] = [
    PricingModel::FlatFee,
    PricingModel::PerSpot,
    PricingModel::Cpm,
    PricingModel::Vcpm,
    PricingModel::Cpc,
    PricingModel::Cpv,
    PricingModel::Cpcv,
    PricingModel::Cpa,
    PricingModel::Cpd,
    PricingModel::PercentOfSpend,
    PricingModel::Graduated,
    PricingModel::Volume,
    PricingModel::Package,
    PricingModel::TieredFlat,
    PricingModel::GraduatedPercent,
    PricingModel::Subscription,
    PricingModel::TimeAndMaterials,
];

fn product(model: PricingModel) -> ProductId {
    let number = MODELS.iter().position(|known| *known == model).expect("every model is known");
    ProductId::from_uuid(uuid::Uuid::from_u128(u128::try_from(number).expect("few") + 1))
}

fn line(number: &str, model: PricingModel) -> Line {
    Line {
        number: number.to_owned(),
        product: product(model),
        description: String::new(),
        flight: days("2026-01-01..2026-03-31"),
        rate: None,
        booked_units: None,
        amount: None,
        cap: None,
        cap_window: Window::Life,
        discount: None,
        schedule: None,
        usage: Usage::default(),
        milestones: Vec::new(),
        third_party: None,
        station: String::new(),
        program: String::new(),
        spot_length_seconds: 0,
        plan: Vec::new(),
        opening_balances: Vec::new(),
        scopes: Vec::new(),
        cancelled_on: None,
        short_rate: None,
    }
}

fn fee() -> Line {
    Line { amount: Some(usd("10000.00")), ..line("L2", PricingModel::FlatFee) }
}

fn spots() -> Line {
    let rate = Some(Rate::parse("275").expect("a rate"));
    Line { rate, booked_units: Some(units("3")), ..line("L3", PricingModel::PerSpot) }
}

fn order(lines: Vec<Line>) -> Order {
    Order {
        external_id: ExternalId { source_system: "io".into(), id: "IO-1001".into() },
        other_external_ids: Vec::new(),
        revision: 1,
        account: AccountId::from_uuid(uuid::Uuid::from_u128(1)),
        entity: EntityId::from_uuid(uuid::Uuid::from_u128(1)),
        advertiser: "Acme".into(),
        currency: Currency::parse("USD").expect("a currency"),
        commission: Percent::parse("15").expect("a percent"),
        payment_terms_days: None,
        flight: days("2026-01-01..2026-03-31"),
        signed: None,
        liability: Liability::SoleAgency,
        calendar: OrderCalendar::CalendarMonth,
        cycle: BillingCycle::EndOfMonth,
        territory: None,
        purchase_orders: Vec::new(),
        discount: None,
        lines,
    }
}

fn with_facts<T>(use_them: impl FnOnce(Facts<'_>) -> T) -> T {
    let products = MODELS.map(|model| (product(model), model));
    use_them(Facts {
        account: Some(&AccountFacts {
            payment_terms_days: 30,
            territory: "EAST".into(),
            purchase_orders: PurchaseOrderRule::default(),
        }),
        entity: Some(&EntityFacts {
            rounding: Rounding::HalfAwayFromZero,
            remainder: Remainder::First,
            fiscal: FiscalCalendar::GREGORIAN,
        }),
        products: &BTreeMap::from(products),
        not_live: &BTreeSet::new(),
        guidelines: Guidelines::default(),
        is_approved: false,
    })
}

fn say(known: Option<&Known>, order: &Order) -> Result<Decision, OrderRefusal> {
    with_facts(|facts| sync(known, order, facts))
}

fn booking(order: &Order) -> Result<Booking, OrderRefusal> {
    say(None, order).map(|decision| match decision {
        Decision::Create(booking) | Decision::Amend(booking) => booking,
        Decision::Review(_) | Decision::Unchanged => unreachable!("nothing is known"),
    })
}

fn known(order: &Order, billed: &[&str]) -> Known {
    known_as(order, billed, None)
}

/// The order as it is known, these of its lines billed, or in a draft.
fn known_as(order: &Order, lines: &[&str], draft: Option<InDraft>) -> Known {
    let terms = booking(order).expect("a valid order").lines;
    let line = |(line, terms): (&Line, LineTerms)| {
        let is_named = lines.contains(&line.number.as_str());
        let known = KnownLine {
            terms_digest: terms.digest,
            list_amount: terms.list_amount,
            said: terms.said.into_iter().map(|(term, said)| (term.to_owned(), said)).collect(),
            is_billed: is_named && draft.is_none(),
            draft: draft.filter(|_| is_named),
            segments: terms.segments,
            parts: terms.parts,
            billed: Vec::new(),
        };
        (line.number.clone(), known)
    };
    Known {
        revision: order.revision,
        content_digest: order.content_digest(),
        account: order.account,
        entity: order.entity,
        currency: order.currency,
        lines: order.lines.iter().zip(terms).map(line).collect(),
    }
}

fn findings(decided: Result<Decision, OrderRefusal>) -> Vec<&'static str> {
    match decided.expect("not refused") {
        Decision::Review(findings) => findings.iter().map(OrderReview::reason).collect(),
        Decision::Create(_) | Decision::Amend(_) | Decision::Unchanged => Vec::new(),
    }
}

fn reason<T: std::fmt::Debug>(refused: Result<T, OrderRefusal>) -> &'static str {
    refused.expect_err("refused").reason()
}

fn week(text: &str, weekdays: &str, units: u32, rate: &str) -> PlanWeek {
    let (weekdays, rate) = (Weekdays::parse(weekdays).expect("weekdays"), Rate::parse(rate).expect("a rate"));
    PlanWeek { days: days(text), weekdays, units, rate }
}

#[test]
fn a_fee_is_split_evenly_once_when_it_is_booked() {
    let booked = booking(&order(vec![fee()])).expect("valid");
    let parts: Vec<_> = booked.lines[0].parts.iter().map(|part| part.amount.to_string()).collect();
    assert_eq!(parts, ["3333.34", "3333.33", "3333.33"]);
    assert_eq!(booked.lines[0].parts[1].period, days("2026-02-01..2026-02-28"));
    assert_eq!((booked.payment_terms_days, booked.territory.as_str()), (30, "EAST"));
}

#[test]
fn a_fee_on_delivery_is_one_part_in_the_last_period() {
    let fee = Line { schedule: Some(Schedule::OnDelivery), ..fee() };
    let booked = booking(&order(vec![fee])).expect("valid");
    assert_eq!(
        booked.lines[0].parts,
        [Part { period: days("2026-03-01..2026-03-31"), amount: usd("10000.00") }]
    );
}

#[test]
fn a_fee_that_bills_weekly_has_a_part_a_week() {
    let fee = Line { flight: days("2026-01-07..2026-01-19"), ..fee() };
    let booked = booking(&Order { cycle: BillingCycle::Weekly, ..order(vec![fee]) }).expect("valid");
    let periods: Vec<_> = booked.lines[0].parts.iter().map(|part| part.period).collect();
    assert_eq!(
        periods,
        [days("2026-01-05..2026-01-11"), days("2026-01-12..2026-01-18"), days("2026-01-19..2026-01-25")]
    );
}

#[test]
fn the_amount_of_spots_follows_where_it_is_not_said() {
    let amount = |line| booking(&order(vec![line])).expect("valid").lines[0].amount;
    assert_eq!(amount(spots()), usd("825.00"));
    let plan = vec![
        week("2026-01-05..2026-01-11", "MTWTF--", 2, "100.005"),
        week("2026-01-12..2026-01-18", "--1----", 1, "50"),
    ];
    assert_eq!(amount(Line { plan: plan.clone(), ..spots() }), usd("250.01"));
    let short = Line { plan: plan[..1].to_vec(), amount: Some(usd("260.00")), ..spots() };
    assert_eq!(amount(short), usd("260.00"));
}

#[test]
fn an_order_that_cannot_be_billed_is_refused() {
    let one = |change: fn(&mut Line)| {
        let mut line = spots();
        change(&mut line);
        reason(booking(&order(vec![line])))
    };
    assert_eq!(one(|line| line.booked_units = None), "TERM_MISSING");
    assert_eq!(one(|line| line.rate = None), "TERM_MISSING");
    assert_eq!(one(|line| line.booked_units = Some(units("2.5"))), "UNITS_NOT_WHOLE");
    assert_eq!(one(|line| line.schedule = Some(Schedule::EvenSplit)), "TERM_DOES_NOT_FIT");
    assert_eq!(one(|line| line.flight = days("1926-01-01..2026-01-01")), "FLIGHT_TOO_LONG");
    assert_eq!(one(|line| line.product = ProductId::from_uuid(uuid::Uuid::from_u128(99))), "UNKNOWN_PRODUCT");
    assert_eq!(one(|line| line.plan = vec![week("2026-04-06..2026-04-12", "MTWTF--", 1, "1")]), "PLAN_WEEK");
    assert_eq!(one(|line| line.plan = vec![week("2026-01-05..2026-01-12", "MTWTF--", 1, "1")]), "PLAN_WEEK");
    assert_eq!(one(|line| line.plan = vec![week("2026-01-05..2026-01-11", "--2----", 1, "1")]), "PLAN_WEEK");
    assert_eq!(one(|line| line.plan = vec![week("2026-01-05..2026-01-11", "--1----", 2, "1")]), "PLAN_WEEK");
    assert_eq!(one(|line| line.plan = vec![week("2026-01-05..2026-01-08", "----1--", 1, "1")]), "PLAN_WEEK");
    assert_eq!(
        one(|line| line.plan = vec![week("2026-01-05..2026-01-11", "MTWTF--", 4, "275")]),
        "PLAN_DOES_NOT_ADD_UP"
    );
    assert_eq!(
        one(|line| {
            line.plan = vec![week("2026-01-05..2026-01-11", "MTWTF--", 3, "275")];
            line.amount = Some(usd("825.01"));
        }),
        "PLAN_DOES_NOT_ADD_UP"
    );
    let balance = |origin| OpeningBalance { origin, units: units("1"), gross: usd("275.00") };
    let opening = |origins: &[&str]| {
        let opening_balances = origins.iter().map(|origin| balance(days(origin))).collect();
        booking(&order(vec![Line { opening_balances, ..spots() }]))
    };
    assert!(opening(&["2026-01-01..2026-01-31", "2026-02-01..2026-02-28"]).is_ok());
    assert_eq!(reason(opening(&["2026-01-01..2026-01-30"])), "OPENING_BALANCE_PERIOD");
    assert_eq!(reason(opening(&["2026-01-01..2026-01-31"; 2])), "OPENING_BALANCE_PERIOD");
    assert_eq!(reason(booking(&order(vec![Line { rate: spots().rate, ..fee() }]))), "TERM_DOES_NOT_FIT");
    assert_eq!(reason(booking(&order(vec![Line { amount: None, ..fee() }]))), "TERM_MISSING");
    assert_eq!(reason(booking(&order(vec![fee(), fee()]))), "LINE_NUMBER_REPEATED");
    assert_eq!(reason(booking(&order(vec![]))), "LINE_COUNT");
    let huge =
        Line { rate: Some(Rate::parse("9999999999999999999999999999").expect("28 digits")), ..spots() };
    assert_eq!(reason(booking(&order(vec![huge]))), "AMOUNT_TOO_LARGE");
}

#[test]
fn amounts_that_nobody_sells_are_refused_while_they_can_still_be_added_up() {
    let term = |order| match booking(&order) {
        Err(OrderRefusal::AmountTooLarge { term, .. }) => term,
        other => panic!("{other:?}"),
    };
    let most = || usd("999999999999999.99");
    let rich = || Line { amount: Some(most()), ..fee() };
    assert!(booking(&order(vec![rich()])).is_ok());
    assert_eq!(term(order(vec![Line { amount: Some(usd("1000000000000000.00")), ..fee() }])), "its amount");
    let rate = Rate::parse("500000000000000").expect("a rate");
    assert_eq!(term(order(vec![Line { rate: Some(rate), ..spots() }])), "its amount", "of three spots");
    let rate = Rate::parse("1000000000000000").expect("a rate");
    assert_eq!(term(order(vec![Line { rate: Some(rate), amount: Some(most()), ..spots() }])), "its rate");
    let balance = OpeningBalance {
        origin: days("2026-01-01..2026-01-31"),
        units: units("1"),
        gross: usd("1000000000000000.00"),
    };
    assert_eq!(term(order(vec![Line { opening_balances: vec![balance], ..spots() }])), "an opening balance");
    let cent = Line { number: "L4".into(), amount: Some(usd("0.01")), ..fee() };
    assert_eq!(term(order(vec![rich(), cent])), "the amount of the order up to it");
}

#[test]
fn said_again_an_order_changes_nothing() {
    let first = order(vec![fee(), spots()]);
    assert_eq!(say(Some(&known(&first, &["L2"])), &first), Ok(Decision::Unchanged));
}

#[test]
fn a_revision_is_known_stale_or_in_conflict() {
    let first = order(vec![fee(), spots()]);
    let second = Order { revision: 2, ..first.clone() };
    assert!(matches!(say(Some(&known(&first, &[])), &second), Ok(Decision::Amend(_))));
    assert_eq!(reason(say(Some(&known(&second, &[])), &first)), "REVISION_STALE");
    let other = Order { advertiser: "Another".into(), ..first.clone() };
    assert_eq!(reason(say(Some(&known(&first, &[])), &other)), "REVISION_CONFLICT");
}

#[test]
fn what_never_moves_is_refused_whatever_the_revision() {
    let first = order(vec![fee()]);
    let moved = |change: fn(&mut Order)| {
        let mut moved = first.clone();
        change(&mut moved);
        reason(say(Some(&known(&first, &[])), &moved))
    };
    assert_eq!(
        moved(|order| order.account = AccountId::from_uuid(uuid::Uuid::from_u128(7))),
        "BILL_TO_MOVED"
    );
    assert_eq!(
        moved(|order| order.entity = EntityId::from_uuid(uuid::Uuid::from_u128(7))),
        "BILLING_ENTITY_MOVED"
    );
    assert_eq!(moved(|order| order.currency = Currency::parse("EUR").expect("a currency")), "CURRENCY_MOVED");
}

#[test]
fn a_line_does_not_leave_in_silence() {
    let known = known(&order(vec![fee(), spots()]), &[]);
    assert_eq!(reason(say(Some(&known), &Order { revision: 2, ..order(vec![spots()]) })), "LINE_ABSENT");
}

#[test]
fn the_money_terms_of_what_was_billed_need_a_scope() {
    let known = known(&order(vec![fee(), spots()]), &["L3"]);
    let amend = |lines| say(Some(&known), &Order { revision: 2, ..order(lines) });
    let dearer = Line { rate: Some(Rate::parse("300").expect("a rate")), ..spots() };
    assert_eq!(findings(amend(vec![fee(), dearer])), ["AMENDMENT_SCOPE_MISSING"]);
    let spelled_out = Line { amount: Some(usd("825.00")), description: "Morning news".into(), ..spots() };
    assert!(amend(vec![fee(), spelled_out]).is_ok(), "the terms are the same");
    assert!(amend(vec![Line { amount: Some(usd("1.00")), ..fee() }, spots()]).is_ok(), "L2 was not billed");
    assert!(amend(vec![fee(), spots(), Line { number: "L4".into(), ..fee() }]).is_ok(), "a new line");
}

#[test]
fn the_money_terms_of_what_is_in_a_signed_draft_wait_for_its_run() {
    let run = ids::RunId::from_uuid(uuid::Uuid::from_u128(3));
    let in_draft = |draft| known_as(&order(vec![fee(), spots()]), &["L2", "L3"], Some(draft));
    let amend = |known: &Known, lines| say(Some(known), &Order { revision: 2, ..order(lines) });
    let dearer = || vec![fee(), Line { rate: Some(Rate::parse("300").expect("a rate")), ..spots() }];
    let signed = in_draft(InDraft::Signed(run));
    assert_eq!(
        amend(&signed, dearer()),
        Err(OrderRefusal::LineInDraft { line: "L3".into(), run: format!("billingRuns/{run}") })
    );
    let worded = Line { description: "Morning news".into(), ..spots() };
    assert!(amend(&signed, vec![fee(), worded, Line { number: "L4".into(), ..fee() }]).is_ok());
    assert!(findings(amend(&in_draft(InDraft::Waiting(run)), dearer())).is_empty(), "its run rates it again");
}

#[test]
fn what_the_caller_may_not_see_does_not_exist() {
    let order = order(vec![fee()]);
    with_facts(|facts| {
        assert_eq!(reason(sync(None, &order, Facts { account: None, ..facts })), "UNKNOWN_ACCOUNT");
        assert_eq!(reason(sync(None, &order, Facts { entity: None, ..facts })), "UNKNOWN_BILLING_ENTITY");
    });
}

#[test]
fn batches_of_a_source_follow_each_other() {
    assert!(check_sequence("io", None, 1).is_ok());
    assert!(check_sequence("io", Some(4), 5).is_ok());
    assert_eq!(check_sequence("io", Some(4), 4).expect_err("again").reason(), "SEQUENCE_REPEATED");
    let gap = check_sequence("io", Some(4), 7).expect_err("two are missing");
    assert_eq!(gap, OrderBatchRefusal::SequenceGap { source_system: "io".into(), expected: 5, got: 7 });
}

#[test]
fn totals_that_do_not_match_name_the_difference() {
    let totals = |orders, lines, amount| BatchTotals {
        orders,
        lines,
        amount: ControlTotal::parse(amount).expect("a total"),
    };
    assert_eq!(check_totals(totals(2, 5, "10000.5"), totals(2, 5, "10000.50")), Ok(()));
    let refused =
        check_totals(totals(2, 5, "6325.00"), totals(2, 4, "6235.00")).expect_err("two digits transposed");
    let said = refused.to_string();
    assert!(said.contains("lines 5 said, 4 counted, difference 1"), "{said}");
    assert!(said.contains("amount 6325.00 said, 6235.00 counted, difference 90.00"), "{said}");
}

// Contracts of American television stations, from the FCC public inspection files of 2020: flight, calendar and cycle as
// printed, the weeks with their spots and rates, and the station's own split.
#[test]
fn contracts_are_booked_by_period_as_their_stations_print_them() {
    for contract in contracts::TABLE {
        let order = contract.order();
        let booked = by_period(&order).expect("exact");
        let printed: Vec<_> =
            contract.printed.iter().map(|(spots, gross)| (spots.to_string(), (*gross).to_owned())).collect();
        let found: Vec<_> =
            booked.periods.iter().map(|p| (p.booked.units.to_string(), p.booked.gross.to_string())).collect();
        assert_eq!(found, printed, "{}", contract.number);
        assert!(booked.unplanned.gross.is_zero());
        assert_eq!(booked.total.net.to_string(), contract.net, "{}", contract.number);
    }
}

#[test]
fn what_no_plan_places_is_unplanned() {
    let plan = vec![week("2026-01-05..2026-01-11", "-2-----", 2, "100")];
    let lines = vec![
        Booked::Fee { parts: booking(&order(vec![fee()])).expect("valid").lines.remove(0).parts },
        Booked::Spots { units: 5, amount: usd("450.00"), flight: days("2026-01-01..2026-03-31"), plan },
    ];
    let order = order(vec![]);
    let booked = by_period(&BookedOrder {
        currency: order.currency,
        commission: order.commission,
        rounding: Rounding::HalfAwayFromZero,
        remainder: Remainder::First,
        billing: order.billing(FiscalCalendar::GREGORIAN),
        lines,
    })
    .expect("exact");
    let gross: Vec<_> = booked.periods.iter().map(|period| period.booked.gross.to_string()).collect();
    assert_eq!(gross, ["3533.34", "3333.33", "3333.33"]);
    assert_eq!(
        (booked.unplanned.units.to_string(), booked.unplanned.gross.to_string()),
        ("3".into(), "250.00".into())
    );
    assert_eq!(booked.total.gross.to_string(), "10450.00");
    assert_eq!(
        (booked.total.net.to_string(), booked.total.commission.to_string()),
        ("8882.50".into(), "1567.50".into())
    );
}

proptest! {
    #[test]
    fn a_week_places_every_spot_once(pattern in "[MX12-]{7}", flexible in 0_u32..60, first in -6_i32..=6, length in 1_i32..20) {
        let days = days("2026-01-05..2026-01-11");
        let flight_first = days.first().checked_add(jiff::Span::new().days(first)).expect("a day");
        let flight = Days::new(flight_first, flight_first.checked_add(jiff::Span::new().days(length)).expect("a day"));
        let flight = flight.expect("in order");
        let digits: u32 = pattern.chars().filter_map(|character| character.to_digit(10)).sum();
        let week = week("2026-01-05..2026-01-11", &pattern, digits + flexible, "1");
        prop_assume!(week.problem(flight).is_none());
        let placed = week.spots(flight);
        prop_assert_eq!(placed.iter().map(|(_, spots)| spots).sum::<u32>(), digits + flexible);
        prop_assert!(placed.iter().all(|(day, _)| days.contains(*day)));
    }

    #[test]
    fn the_parts_of_a_fee_sum_to_it_and_tile_its_flight(minor in 0_u32..10_000_000, first in 0_i32..400, length in 0_i32..1000, weekly: bool) {
        let at = |days: i32| jiff::civil::date(2026, 1, 1).checked_add(jiff::Span::new().days(days)).expect("a day");
        let amount = usd(&format!("{}.{:02}", minor / 100, minor % 100));
        let flight = Days::new(at(first), at(first + length)).expect("in order");
        let cycle = if weekly { BillingCycle::Weekly } else { BillingCycle::EndOfMonthOrContract };
        let fee = Line { flight, amount: Some(amount), ..fee() };
        let booked = booking(&Order { flight, cycle, calendar: OrderCalendar::BroadcastMonth, ..order(vec![fee]) }).expect("valid");
        let parts = &booked.lines[0].parts;
        prop_assert_eq!(Money::sum(amount.currency(), parts.iter().map(|part| part.amount)), Ok(amount));
        prop_assert!(parts.windows(2).all(|pair| pair[0].period.last().tomorrow().expect("a day") == pair[1].period.first()));
        prop_assert!(parts[0].period.contains(flight.first()) && parts[parts.len() - 1].period.contains(flight.last()));
    }
}

mod amendments;
mod amounts;
mod contracts;
mod guidelines;
mod pricing;
