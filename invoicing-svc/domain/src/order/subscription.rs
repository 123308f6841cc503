//! What a subscription is booked for: what would come due if it ran as it is booked.

use std::collections::BTreeMap;

use calendar::Days;
use money::{Currency, Exact, Money, MoneyError, Percent, Rounding};
use rust_decimal::Decimal;

use super::line_terms::too_large;
use super::{BillingTerms, Line, OrderRefusal, Part};
use crate::pricing::{Proration, Schedule};
use crate::rating::{Price, Subscription, Terms};

/// Quantity × price of all its terms, before discount.
pub(super) fn worth(
    line: &Line,
    schedule: Schedule,
    (currency, rounding): (Currency, Rounding),
) -> Result<Money, OrderRefusal> {
    let due = of(line, schedule).worth_by_day(currency).map_err(|_| too_large(line))?;
    let sum = due.into_iter().try_fold(Exact::zero(currency), |sum, (_, worth)| sum.plus(worth));
    sum.and_then(|sum| sum.round(rounding)).map_err(|_| too_large(line))
}

/// What of the line's amount comes due with each billing period: R(to date) − R(before), so that the parts sum to it.
/// None where a period would give more back than comes due in it.
pub(super) fn parts(
    (line, billing): (&Line, BillingTerms),
    schedule: Schedule,
    amount: Money,
    rounding: Rounding,
) -> Result<Vec<Part>, OrderRefusal> {
    let currency = amount.currency();
    let whole = worth(line, schedule, (currency, rounding))?;
    if whole.is_zero() {
        return Ok(Vec::new());
    }
    let runs = Subscription { ended: line.cancelled_on, ..of(line, schedule) };
    let mut by_period: BTreeMap<Days, Exact> = BTreeMap::new();
    for (day, worth) in runs.worth_by_day(currency).map_err(|_| too_large(line))? {
        let sum = by_period.entry(billing.period_of(day)).or_insert(Exact::zero(currency));
        *sum = sum.plus(worth).map_err(|_| too_large(line))?;
    }
    let parts = shares(by_period, (amount, whole), rounding).map_err(|_| too_large(line))?;
    Ok(if parts.iter().any(|part| part.amount.is_negative()) { Vec::new() } else { parts })
}

fn shares(
    by_period: BTreeMap<Days, Exact>,
    (amount, whole): (Money, Money),
    rounding: Rounding,
) -> Result<Vec<Part>, MoneyError> {
    let currency = amount.currency();
    let (mut to_date, mut before) = (Exact::zero(currency), Money::zero(currency));
    let mut parts = Vec::with_capacity(by_period.len());
    for (period, worth) in by_period {
        to_date = to_date.plus(worth)?;
        let share =
            to_date.amount().checked_mul(amount.amount()).and_then(|of| of.checked_div(whole.amount()));
        let share = Exact::of(currency, share.ok_or(MoneyError::Overflow)?).round(rounding)?;
        parts.push(Part { period, amount: share.minus(before)? });
        before = share;
    }
    Ok(parts)
}

/// The line before discount, to the end of its flight.
fn of(line: &Line, schedule: Schedule) -> Subscription {
    let nothing = Percent::of(Decimal::ZERO).expect("nothing is a percent");
    Subscription {
        flight: line.flight,
        ended: None,
        terms: vec![Terms { days: line.flight, price: line.rate.map(Price::Rate), discount: nothing }],
        quantities: line.usage.quantities.iter().map(|from| (from.day, from.quantity)).collect(),
        term_months: line.usage.term_months.map_or(1, u32::from),
        schedule,
        proration: line.usage.proration.unwrap_or(Proration::ActualDays),
    }
}
