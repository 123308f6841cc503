use std::collections::{BTreeMap, BTreeSet};

use calendar::{Days, FiscalCalendar};
use ids::ProductId;
use money::{Exact, Money, MoneyError, Quantity, Remainder, Rounding};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::schedule::{self, Part};
use super::{Cap, Line, Order, OrderRefusal, Schedule};
use crate::ad_product::PricingModel;

const MOST_LINES: usize = 5_000;
/// Ten years, with their leap days.
const LONGEST_FLIGHT_DAYS: u64 = 3_653;
/// Of an order, before the point. A billion orders of it are summed without an overflow in any currency.
const MOST_DIGITS: u32 = 15;

/// What an order is looked at with. What the caller may not see is absent.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub account: Option<&'a AccountFacts>,
    pub entity: Option<&'a EntityFacts>,
    pub products: &'a BTreeMap<ProductId, PricingModel>,
}

/// What the bill-to party fills in.
#[derive(Clone, Debug)]
pub struct AccountFacts {
    /// Net days.
    pub payment_terms_days: u16,
    pub territory: String,
}

/// How the entity makes amounts.
#[derive(Clone, Copy, Debug)]
pub struct EntityFacts {
    pub rounding: Rounding,
    pub remainder: Remainder,
    /// What FISCAL is.
    pub fiscal: FiscalCalendar,
}

/// What a valid order comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Net days.
    pub payment_terms_days: u16,
    pub territory: String,
    /// One for each line, in the order of the lines.
    pub lines: Vec<LineTerms>,
}

/// What a valid line comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineTerms {
    pub pricing_model: PricingModel,
    pub schedule: Schedule,
    pub amount: Money,
    /// The parts of a fee; none of spots, which bill as they air.
    pub parts: Vec<Part>,
    /// SHA-256 over what the money of the line follows from.
    pub digest: [u8; 32],
}

/// Books the order, or says the first thing that is wrong with it.
pub(super) fn check(
    order: &Order,
    account: &AccountFacts,
    entity: EntityFacts,
    products: &BTreeMap<ProductId, PricingModel>,
) -> Result<Booking, OrderRefusal> {
    if order.lines.is_empty() || order.lines.len() > MOST_LINES {
        return Err(OrderRefusal::LineCount { count: order.lines.len() });
    }
    let mut numbers = BTreeSet::new();
    if let Some(line) = order.lines.iter().find(|line| !numbers.insert(&line.number)) {
        return Err(OrderRefusal::LineNumberRepeated { line: line.number.clone() });
    }
    check_flight("the order", order.flight)?;
    let terms = |line: &Line| {
        check_flight(&format!("line {}", line.number), line.flight)?;
        let model = products.get(&line.product).ok_or_else(|| OrderRefusal::UnknownProduct {
            line: line.number.clone(),
            product: format!("adProducts/{}", line.product),
        })?;
        line_terms(order, line, *model, entity)
    };
    let lines: Vec<LineTerms> = order.lines.iter().map(terms).collect::<Result<_, _>>()?;
    check_total(order, &lines)?;
    Ok(Booking {
        payment_terms_days: order.payment_terms_days.unwrap_or(account.payment_terms_days),
        territory: order.territory.clone().unwrap_or_else(|| account.territory.clone()),
        lines,
    })
}

fn check_total(order: &Order, lines: &[LineTerms]) -> Result<(), OrderRefusal> {
    let mut total = Decimal::ZERO;
    for (line, terms) in order.lines.iter().zip(lines) {
        // The bound on each, and the number of lines, keep the sum exact.
        total += terms.amount.amount();
        check_size(line, "the amount of the order up to it", total)?;
    }
    Ok(())
}

fn check_size(line: &Line, term: &'static str, amount: Decimal) -> Result<(), OrderRefusal> {
    if amount >= Decimal::from(10_u64.pow(MOST_DIGITS)) {
        return Err(OrderRefusal::AmountTooLarge { line: line.number.clone(), term });
    }
    Ok(())
}

fn check_flight(of: &str, flight: Days) -> Result<(), OrderRefusal> {
    if flight.count() > LONGEST_FLIGHT_DAYS {
        return Err(OrderRefusal::FlightTooLong { of: of.to_owned(), flight });
    }
    Ok(())
}

fn line_terms(
    order: &Order,
    line: &Line,
    model: PricingModel,
    entity: EntityFacts,
) -> Result<LineTerms, OrderRefusal> {
    let (schedule, amount) = match model {
        PricingModel::FlatFee => fee(line)?,
        PricingModel::PerSpot => (Schedule::OnDelivery, spots(order, line, entity.rounding)?),
    };
    let parts = match model {
        PricingModel::FlatFee => {
            schedule::parts(amount, line.flight, order.billing(entity.fiscal), schedule, entity.remainder)
        }
        PricingModel::PerSpot => Vec::new(),
    };
    check_opening_balances(order, line, entity.fiscal)?;
    check_size(line, "its amount", amount.amount())?;
    line.rate.map_or(Ok(()), |rate| check_size(line, "its rate", rate.value()))?;
    line.opening_balances
        .iter()
        .try_for_each(|balance| check_size(line, "an opening balance", balance.gross.amount()))?;
    let terms = LineTerms { pricing_model: model, schedule, amount, parts, digest: [0; 32] };
    Ok(LineTerms { digest: line.terms_digest(order, &terms), ..terms })
}

fn fee(line: &Line) -> Result<(Schedule, Money), OrderRefusal> {
    let caps_money = match line.cap {
        Cap::LesserOfBookedAndDelivered | Cap::Uncapped => false,
        Cap::Budget(_) | Cap::Percent(_) => true,
    };
    let of_spots = [
        ("rate", line.rate.is_some()),
        ("booked_units", line.booked_units.is_some()),
        ("plan", !line.plan.is_empty()),
        ("cap", caps_money),
    ];
    if let Some((term, _)) = of_spots.into_iter().find(|(_, said)| *said) {
        return Err(does_not_fit(line, term, "FLAT_FEE"));
    }
    let fee = line.amount.ok_or_else(|| missing(line, "amount", "FLAT_FEE"))?;
    Ok((line.schedule.unwrap_or(Schedule::EvenSplit), fee))
}

/// What the spots of a line are booked for: as the line says, else by its whole plan, else at its rate.
fn spots(order: &Order, line: &Line, rounding: Rounding) -> Result<Money, OrderRefusal> {
    if line.schedule == Some(Schedule::EvenSplit) {
        return Err(does_not_fit(line, "schedule EVEN_SPLIT", "PER_SPOT"));
    }
    let booked = line.booked_units.ok_or_else(|| missing(line, "booked_units", "PER_SPOT"))?;
    let booked_units = whole(line, booked)?;
    for week in &line.plan {
        if let Some(problem) = week.problem(line.flight) {
            return Err(OrderRefusal::PlanWeek { line: line.number.clone(), week: week.days, problem });
        }
    }
    let too_large =
        |_: MoneyError| OrderRefusal::AmountTooLarge { line: line.number.clone(), term: "its amount" };
    let plan_units: u64 = line.plan.iter().map(|week| u64::from(week.units)).sum();
    let planned = plan_amount(order, line).and_then(|exact| exact.round(rounding)).map_err(too_large)?;
    let says_all = plan_units == booked_units && !line.plan.is_empty();
    let amount = match (line.amount, line.rate) {
        (Some(amount), _) => amount,
        (None, _) if says_all => planned,
        (None, Some(rate)) => {
            rate.times(booked, order.currency).and_then(|exact| exact.round(rounding)).map_err(too_large)?
        }
        (None, None) => return Err(missing(line, "amount or rate", "PER_SPOT")),
    };
    // A plan may be short of the line: the rest of its spots stand nowhere yet. It never has more.
    let more = plan_units > booked_units || planned.minus(amount).map_err(too_large)?.is_positive();
    if more || (says_all && planned != amount) {
        return Err(OrderRefusal::PlanDoesNotAddUp {
            line: line.number.clone(),
            plan_units,
            booked_units,
            plan_amount: planned.to_string(),
            amount: amount.to_string(),
        });
    }
    Ok(amount)
}

fn plan_amount(order: &Order, line: &Line) -> Result<Exact, MoneyError> {
    line.plan.iter().try_fold(Exact::zero(order.currency), |sum, week| {
        sum.plus(week.rate.times(quantity_of(week.units), order.currency)?)
    })
}

/// So many spots as a quantity.
pub(super) fn quantity_of(spots: u32) -> Quantity {
    Quantity::of(Decimal::from(spots)).expect("a whole number is a quantity")
}

fn whole(line: &Line, units: Quantity) -> Result<u64, OrderRefusal> {
    let whole = units.value().is_integer().then(|| units.value().to_u64()).flatten();
    whole.ok_or_else(|| OrderRefusal::UnitsNotWhole { line: line.number.clone(), units: units.to_string() })
}

fn check_opening_balances(order: &Order, line: &Line, fiscal: FiscalCalendar) -> Result<(), OrderRefusal> {
    let mut seen = BTreeSet::new();
    for balance in &line.opening_balances {
        let expected = order.billing(fiscal).period_of(balance.origin.first());
        if balance.origin != expected || !seen.insert(expected) {
            let period = balance.origin;
            return Err(OrderRefusal::OpeningBalancePeriod { line: line.number.clone(), period, expected });
        }
    }
    Ok(())
}

fn missing(line: &Line, term: &'static str, pricing_model: &'static str) -> OrderRefusal {
    OrderRefusal::TermMissing { line: line.number.clone(), term, pricing_model }
}

fn does_not_fit(line: &Line, term: &'static str, pricing_model: &'static str) -> OrderRefusal {
    OrderRefusal::TermDoesNotFit { line: line.number.clone(), term, pricing_model }
}
