use std::collections::BTreeMap;

use calendar::{Days, Month};
use money::{Currency, Exact, Money, MoneyError, Percent, Remainder, Rounding};
use rust_decimal::Decimal;

use super::spots::quantity_of;
use super::{BillingTerms, Part, PlanWeek};
use crate::pricing::PeriodUnits;

/// An order with what its lines are booked for.
#[derive(Clone, Debug)]
pub struct BookedOrder {
    pub currency: Currency,
    /// Of gross.
    pub commission: Percent,
    pub rounding: Rounding,
    pub remainder: Remainder,
    pub billing: BillingTerms,
    pub lines: Vec<Booked>,
}

/// What a line is booked for.
#[derive(Clone, Debug)]
pub enum Booked {
    /// A fee, by its schedule.
    Fee { parts: Vec<Part> },
    /// A subscription, as far as it is known what comes due when.
    Term { amount: Money, parts: Vec<Part> },
    /// Spots, by their plan as far as there is one.
    Spots { units: u64, amount: Money, flight: Days, plan: Vec<PlanWeek> },
    /// Units of whatever is counted, by billing period; none where nothing is promised.
    Units { amount: Money, by_period: Vec<PeriodUnits> },
}

/// What an order is booked for in each of its billing periods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedByPeriod {
    /// In order.
    pub periods: Vec<BookedPeriod>,
    /// What no plan places in a period.
    pub unplanned: BookedAmount,
    pub total: BookedAmount,
}

/// What an order is booked for in one billing period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedPeriod {
    pub period: Days,
    /// The month whose run bills it.
    pub month: Month,
    pub booked: BookedAmount,
}

/// Units and money; net = R(gross × (1 − commission)), and the three always add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookedAmount {
    /// Spots, impressions, clicks …; a fee has none.
    pub units: Decimal,
    pub gross: Money,
    pub commission: Money,
    pub net: Money,
}

/// Units and gross.
type Sum = (Decimal, Money);

/// Spreads what the order is booked for over its billing periods.
pub fn by_period(order: &BookedOrder) -> Result<BookedByPeriod, MoneyError> {
    let nothing = (Decimal::ZERO, Money::zero(order.currency));
    let mut periods: BTreeMap<Days, Sum> = BTreeMap::new();
    let (mut planned, mut total) = (nothing, nothing);
    for line in &order.lines {
        let (placed, booked) = match line {
            Booked::Fee { parts } => fee(order, parts)?,
            Booked::Term { amount, parts } => (fee(order, parts)?.0, (Decimal::ZERO, *amount)),
            Booked::Spots { units, amount, flight, plan } => {
                (spots(order, *flight, plan)?, (Decimal::from(*units), *amount))
            }
            Booked::Units { amount, by_period } => units(order, *amount, by_period)?,
        };
        total = plus(total, booked)?;
        for (period, sum) in placed {
            planned = plus(planned, sum)?;
            let so_far = periods.entry(period).or_insert(nothing);
            *so_far = plus(*so_far, sum)?;
        }
    }
    let booked = |(period, sum): (Days, Sum)| {
        Ok(BookedPeriod { period, month: order.billing.month_of(period), booked: amount(order, sum)? })
    };
    let unplanned = plus(total, (-planned.0, planned.1.negate()))?;
    Ok(BookedByPeriod {
        periods: periods.into_iter().map(booked).collect::<Result<_, MoneyError>>()?,
        unplanned: amount(order, unplanned)?,
        total: amount(order, total)?,
    })
}

fn fee(order: &BookedOrder, parts: &[Part]) -> Result<(Vec<(Days, Sum)>, Sum), MoneyError> {
    let fee = Money::sum(order.currency, parts.iter().map(|part| part.amount))?;
    Ok((parts.iter().map(|part| (part.period, (Decimal::ZERO, part.amount))).collect(), (Decimal::ZERO, fee)))
}

/// A line's spots by period. Each period gets R(to date) − R(before), so that the periods of a whole plan sum to the
/// line's amount even where a rate has more decimals than the currency.
fn spots(order: &BookedOrder, flight: Days, plan: &[PlanWeek]) -> Result<Vec<(Days, Sum)>, MoneyError> {
    let nothing = (0_u64, Exact::zero(order.currency));
    let mut exact: BTreeMap<Days, (u64, Exact)> = BTreeMap::new();
    for week in plan {
        for (day, spots) in week.spots(flight) {
            let so_far = exact.entry(order.billing.period_of(day)).or_insert(nothing);
            let price = week.rate.times(quantity_of(spots), order.currency)?;
            *so_far = (so_far.0 + u64::from(spots), so_far.1.plus(price)?);
        }
    }
    let (mut to_date, mut before) = (nothing.1, Money::zero(order.currency));
    let mut placed = Vec::with_capacity(exact.len());
    for (period, (units, price)) in exact {
        to_date = to_date.plus(price)?;
        let rounded = to_date.round(order.rounding)?;
        placed.push((period, (Decimal::from(units), rounded.minus(before)?)));
        before = rounded;
    }
    Ok(placed)
}

/// What the units of each period are worth, by largest remainder. Without units nothing is placed.
fn units(
    order: &BookedOrder,
    amount: Money,
    by_period: &[PeriodUnits],
) -> Result<(Vec<(Days, Sum)>, Sum), MoneyError> {
    let weights: Vec<Decimal> = by_period.iter().map(|of| of.units.value()).collect();
    let total = weights.iter().try_fold(Decimal::ZERO, |sum, units| sum.checked_add(*units));
    let total = total.ok_or(MoneyError::Overflow)?;
    if total.is_zero() {
        return Ok((Vec::new(), (Decimal::ZERO, amount)));
    }
    let amounts = amount.allocate(&weights, order.remainder)?;
    let placed = by_period.iter().zip(amounts).map(|(of, amount)| (of.period, (of.units.value(), amount)));
    Ok((placed.collect(), (total, amount)))
}

fn plus(left: Sum, right: Sum) -> Result<Sum, MoneyError> {
    let units = left.0.checked_add(right.0).ok_or(MoneyError::Overflow)?;
    Ok((units, left.1.plus(right.1)?))
}

fn amount(order: &BookedOrder, (units, gross): Sum) -> Result<BookedAmount, MoneyError> {
    BookedAmount::of(units, gross, order.commission, order.rounding)
}

impl BookedAmount {
    /// What so many units at so much are booked for.
    pub fn of(
        units: Decimal,
        gross: Money,
        commission: Percent,
        rounding: Rounding,
    ) -> Result<Self, MoneyError> {
        let net = gross.less_percent(commission, rounding);
        Ok(Self { units, gross, commission: gross.minus(net)?, net })
    }
}
