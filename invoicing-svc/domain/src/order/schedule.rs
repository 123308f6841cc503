//! The parts of a fee: made once, by largest remainder, and from then on only summed.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use calendar::Days;
use jiff::ToSpan;
use money::{Money, MoneyError, Remainder};
use rust_decimal::Decimal;

use super::line_terms::beyond;
use super::{BillingTerms, Line, OrderRefusal};
use crate::pricing::Schedule;

/// One part of a fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The billing period that bills it.
    pub period: Days,
    pub amount: Money,
}

/// The parts of a fee by its schedule; they sum to the fee.
pub(super) fn parts(
    (line, billing): (&Line, BillingTerms),
    schedule: Schedule,
    fee: Money,
    remainder: Remainder,
) -> Result<Vec<Part>, OrderRefusal> {
    let flight = line.flight;
    let parts = match schedule {
        Schedule::OnDelivery => Ok(vec![Part { period: billing.period_of(flight.last()), amount: fee }]),
        Schedule::Upfront => Ok(vec![Part { period: billing.period_of(flight.first()), amount: fee }]),
        Schedule::EvenSplit => Ok(evenly(fee, periods(flight, billing), remainder)),
        Schedule::ProRataDays => by_days(fee, flight, &periods(flight, billing), remainder),
        Schedule::Milestone => Ok(milestones((line, billing), fee, remainder)?),
        Schedule::InAdvance => by_term(fee, line, remainder, |term| billing.period_of(term.first())),
        Schedule::InArrears => by_term(fee, line, remainder, |term| billing.period_of(term.last())),
    };
    parts.and_then(|parts| until(line, schedule, parts)).map_err(beyond(line))
}

/// The parts of a line that ends early: none of a period that begins after its last day, and of the one in which it
/// ends what its days are worth, where the fee is for days.
fn until(line: &Line, schedule: Schedule, parts: Vec<Part>) -> Result<Vec<Part>, MoneyError> {
    let runs = line.runs();
    let is_for_days = match schedule {
        Schedule::EvenSplit | Schedule::ProRataDays => true,
        Schedule::OnDelivery => return Ok(if runs == line.flight { parts } else { Vec::new() }),
        Schedule::Upfront | Schedule::Milestone | Schedule::InAdvance | Schedule::InArrears => false,
    };
    let days = |period: Days, of: Days| period.intersect(of).map_or(0, Days::count);
    let cut = |part: Part| {
        let (ran, booked) = (days(part.period, runs), days(part.period, line.flight));
        if !is_for_days || ran == booked {
            return Ok(part);
        }
        let weights = [Decimal::from(ran), Decimal::from(booked.saturating_sub(ran))];
        let shares = part.amount.allocate(&weights, Remainder::First)?;
        Ok(Part { amount: shares[0], ..part })
    };
    parts.into_iter().filter(|part| part.period.first() <= runs.last()).map(cut).collect()
}

/// An amount in parts like these.
pub(super) fn like(amount: Money, parts: &[Part], remainder: Remainder) -> Result<Vec<Part>, MoneyError> {
    let weights: Vec<Decimal> = parts.iter().map(|part| part.amount.amount()).collect();
    let amounts = amount.allocate(&weights, remainder)?;
    Ok(parts.iter().zip(amounts).map(|(part, amount)| Part { amount, ..*part }).collect())
}

/// The same amount in each period.
pub(super) fn evenly(fee: Money, periods: Vec<Days>, remainder: Remainder) -> Vec<Part> {
    let count = u32::try_from(periods.len()).ok().and_then(NonZeroU32::new);
    let amounts = fee.split_evenly(count.expect("a flight has a period, and at most one a day"), remainder);
    periods.into_iter().zip(amounts).map(|(period, amount)| Part { period, amount }).collect()
}

/// By the days of the flight in each period.
pub(super) fn by_days(
    fee: Money,
    flight: Days,
    periods: &[Days],
    remainder: Remainder,
) -> Result<Vec<Part>, MoneyError> {
    let days = |period: &Days| period.intersect(flight).map_or(0, Days::count);
    let weights: Vec<Decimal> = periods.iter().map(|period| Decimal::from(days(period))).collect();
    let amounts = fee.allocate(&weights, remainder)?;
    Ok(periods.iter().zip(amounts).map(|(period, amount)| Part { period: *period, amount }).collect())
}

/// Terms alike in whole, the last by its days if it is cut; each in the period that `bills` says.
fn by_term(
    fee: Money,
    line: &Line,
    remainder: Remainder,
    bills: impl Fn(Days) -> Days,
) -> Result<Vec<Part>, MoneyError> {
    let terms = terms(line);
    let whole = |term: &(Days, Days)| Decimal::from(term.1.count());
    let last = terms.last().map_or(Decimal::ONE, whole);
    // A month more or less does not make a term dearer: every uncut term weighs what the last one would.
    let weight = |(cut, term): &(Days, Days)| if cut == term { last } else { Decimal::from(cut.count()) };
    let weights: Vec<Decimal> = terms.iter().map(weight).collect();
    let amounts = fee.allocate(&weights, remainder)?;
    merged(terms.iter().zip(amounts).map(|((cut, _), amount)| Part { period: bills(*cut), amount }))
}

/// The terms of the line within its flight, each with its days in whole. Without a length the flight is one term.
pub(super) fn terms(line: &Line) -> Vec<(Days, Days)> {
    let Some(months) = line.usage.term_months else { return vec![(line.flight, line.flight)] };
    let begins = |term: i32| line.flight.first().saturating_add((term * i32::from(months)).months());
    let term = |term: i32| Days::new(begins(term), begins(term + 1).saturating_sub(1.day())).ok();
    let cut = |whole: Days| Some((whole.intersect(line.flight)?, whole));
    (0..).map_while(|n| cut(term(n)?)).collect()
}

/// As the milestones say, less discount.
fn milestones(
    (line, billing): (&Line, BillingTerms),
    fee: Money,
    remainder: Remainder,
) -> Result<Vec<Part>, OrderRefusal> {
    if line.milestones.is_empty() {
        return Err(OrderRefusal::ScheduleWithoutPeriods { line: line.number.clone() });
    }
    if let Some(outside) = line.milestones.iter().find(|part| !line.flight.contains(part.day)) {
        let problem = format!("{} lies outside its flight", outside.day);
        return Err(OrderRefusal::Milestones { line: line.number.clone(), problem });
    }
    let said =
        Money::sum(fee.currency(), line.milestones.iter().map(|part| part.amount)).map_err(beyond(line))?;
    if line.amount != Some(said) || said.is_zero() {
        let problem = format!("they sum to {said}, which is not the fee");
        return Err(OrderRefusal::Milestones { line: line.number.clone(), problem });
    }
    let weights: Vec<Decimal> = line.milestones.iter().map(|part| part.amount.amount()).collect();
    let amounts = fee.allocate(&weights, remainder).map_err(beyond(line))?;
    let parts = line.milestones.iter().zip(amounts);
    merged(parts.map(|(part, amount)| Part { period: billing.period_of(part.day), amount }))
        .map_err(beyond(line))
}

/// One part a period, in order.
fn merged(parts: impl Iterator<Item = Part>) -> Result<Vec<Part>, MoneyError> {
    let mut by_period: BTreeMap<Days, Money> = BTreeMap::new();
    for Part { period, amount } in parts {
        let sum = match by_period.get(&period) {
            Some(sum) => sum.plus(amount)?,
            None => amount,
        };
        by_period.insert(period, sum);
    }
    Ok(by_period.into_iter().map(|(period, amount)| Part { period, amount }).collect())
}

/// The billing periods that a flight touches, in order.
pub(super) fn periods(flight: Days, billing: BillingTerms) -> Vec<Days> {
    let first = billing.period_of(flight.first());
    let later = |period: &Days| {
        let next = period.last().checked_add(1.day()).ok()?;
        (next <= flight.last()).then(|| billing.period_of(next))
    };
    std::iter::successors(Some(first), later).collect()
}

/// The quantities of a subscription begin with its flight and follow each other within it.
pub(super) fn check_quantities(line: &Line) -> Result<(), OrderRefusal> {
    let quantities = &line.usage.quantities;
    let begins = quantities.first().is_none_or(|from| from.day == line.flight.first());
    let follow = quantities.windows(2).all(|pair| pair[0].day < pair[1].day);
    let within = quantities.iter().all(|from| line.flight.contains(from.day));
    if begins && follow && within {
        return Ok(());
    }
    Err(OrderRefusal::Quantities { line: line.number.clone(), first: line.flight.first().to_string() })
}
