//! The booked units of a line by billing period.

use std::collections::BTreeMap;

use calendar::Days;
use money::{Quantity, Remainder};
use rust_decimal::Decimal;

use super::schedule::periods;
use super::{BillingTerms, Line, OrderRefusal};
use crate::pricing::PeriodUnits;

/// As the line says, else as its plan places them where it places all, else even over the billing periods.
pub(super) fn spread(
    line: &Line,
    billing: BillingTerms,
    remainder: Remainder,
) -> Result<Vec<PeriodUnits>, OrderRefusal> {
    let Some(booked) = line.booked_units else { return Ok(Vec::new()) };
    if !line.usage.period_units.is_empty() {
        return said(line, billing, booked);
    }
    let periods = periods(line.flight, billing);
    let planned = planned(line, billing);
    let is_whole_plan =
        planned.values().map(|units| Decimal::from(*units)).sum::<Decimal>() == booked.value();
    let units = |units: Decimal| Quantity::of(units).expect("a part of a quantity");
    if is_whole_plan && !planned.is_empty() {
        let of = |(period, spots): (Days, u64)| PeriodUnits { period, units: units(Decimal::from(spots)) };
        return Ok(planned.into_iter().map(of).collect());
    }
    let parts = evenly(booked.value(), periods.len(), remainder);
    Ok(periods
        .into_iter()
        .zip(parts)
        .map(|(period, part)| PeriodUnits { period, units: units(part) })
        .collect())
}

fn said(line: &Line, billing: BillingTerms, booked: Quantity) -> Result<Vec<PeriodUnits>, OrderRefusal> {
    let periods = periods(line.flight, billing);
    let mut by_period = BTreeMap::new();
    let mut sum = Decimal::ZERO;
    for of in &line.usage.period_units {
        let again = by_period.insert(of.period, *of).is_some();
        sum = sum.saturating_add(of.units.value());
        if again || !periods.contains(&of.period) {
            let problem = format!("{} is not a billing period of its flight, or is there twice", of.period);
            return Err(OrderRefusal::PeriodUnits { line: line.number.clone(), problem });
        }
    }
    if sum != booked.value() {
        let problem = format!("they sum to {sum}, and {booked} are booked");
        return Err(OrderRefusal::PeriodUnits { line: line.number.clone(), problem });
    }
    Ok(by_period.into_values().collect())
}

fn planned(line: &Line, billing: BillingTerms) -> BTreeMap<Days, u64> {
    let mut planned = BTreeMap::new();
    for (day, spots) in line.plan.iter().flat_map(|week| week.spots(line.flight)) {
        *planned.entry(billing.period_of(day)).or_insert(0) += u64::from(spots);
    }
    planned
}

/// Parts that differ by at most one unit of the last decimal that is booked.
fn evenly(units: Decimal, count: usize, remainder: Remainder) -> Vec<Decimal> {
    let (whole, scale) = (units.mantissa(), units.scale());
    let parts = i128::try_from(count).expect("a flight has at most one period a day");
    let (share, odd) = (whole / parts, whole % parts);
    let part = |part| {
        let takes_one = match remainder {
            Remainder::First => part < odd,
            Remainder::Last => part >= parts - odd,
        };
        Decimal::from_i128_with_scale(share + i128::from(takes_one), scale)
    };
    (0..parts).map(part).collect()
}
