//! Fees: parts made once when they were booked, and from then on only summed.

use std::collections::BTreeMap;

use calendar::Days;
use money::{Money, MoneyError, Rate};
use rust_decimal::Decimal;

use super::{
    Basis, Bucket, Change, Held, HeldCause, LineKind, LineToRate, RatedItem, RatedLine, RatingError, Unit,
    settle::Negative,
};
use crate::order::Part;

/// Bills of each part whose period is over what was not billed of it before, by whatever system.
pub(super) fn rate(line: &LineToRate, parts: &[Part], negative: Negative) -> Result<RatedLine, RatingError> {
    let mut rated = RatedLine { line: line.line, items: Vec::new(), held: Vec::new() };
    for (period, due) in due_by_period(line, parts)? {
        let bills = due.is_positive() || (due.is_negative() && negative == Negative::Billed);
        if bills {
            rated.items.push(item(line, period, due, line.entry(rated.items.len())?)?);
        } else if due.is_negative() {
            let changes = vec![Change { bucket: part(period, due)?, units: Decimal::NEGATIVE_ONE }];
            rated.held.push(Held { origin: period, amount: due, cause: HeldCause::Schedule, changes });
        }
    }
    Ok(rated)
}

/// Scheduled less billed before, for the periods that the run takes.
fn due_by_period(line: &LineToRate, parts: &[Part]) -> Result<BTreeMap<Days, Money>, MoneyError> {
    let mut due = BTreeMap::new();
    let mut add = |period: Days, amount: Money| {
        let sum = due.entry(period).or_insert(Money::zero(line.currency));
        sum.plus(amount).map(|more| *sum = more)
    };
    for part in parts {
        add(part.period, part.amount)?;
    }
    for billed in &line.billed_before {
        match billed.basis {
            Basis::Rated | Basis::Correction | Basis::Opening => {}
            Basis::Commercial | Basis::Tax | Basis::Makegood | Basis::WriteOff | Basis::Rebill => continue,
        }
        // Another system may name the period otherwise; what is in no part of the schedule shows as held.
        let origin = billed.bucket.origin;
        let part = parts.iter().find(|part| part.period.contains(origin.first()));
        add(part.map_or(origin, |part| part.period), billed.gross.negate())?;
    }
    due.retain(|period, _| line.takes(*period));
    Ok(due)
}

fn item(line: &LineToRate, period: Days, due: Money, entry: u32) -> Result<RatedItem, MoneyError> {
    let item = RatedItem::of(line, part(period, due)?, Unit::Fee);
    let quantity = if due.is_negative() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
    Ok(RatedItem { quantity, gross: due, entry, ..item })
}

/// What is due or too much, as the price of one unit: quantity × price gives the amount.
fn part(period: Days, due: Money) -> Result<Bucket, MoneyError> {
    let rate = Rate::of(due.amount().abs()).map_err(|_| MoneyError::Overflow)?;
    let kind = LineKind::SchedulePart;
    Ok(Bucket { origin: period, kind, segment_first: period.first(), rate, price_base: 1 })
}
