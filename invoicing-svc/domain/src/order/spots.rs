//! What spots are booked for.

use money::{Exact, Money, MoneyError, Quantity, Rounding};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Line, Order, OrderRefusal, fit::missing};
use crate::pricing::PricingModel;

/// What the spots of a line are booked for: as the line says, else by its whole plan, else at its rate.
pub(super) fn amount(order: &Order, line: &Line, rounding: Rounding) -> Result<Money, OrderRefusal> {
    let booked = line.booked_units.ok_or_else(|| missing(line, "booked_units", PricingModel::PerSpot))?;
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
        (None, None) => return Err(missing(line, "amount or rate", PricingModel::PerSpot)),
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
