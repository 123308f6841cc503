//! What rating holds as a negative difference is taken back by the documents that billed it: the units at the price at which
//! they were billed, and what is billed of them at today's.

use ids::InvoiceId;
use jiff::civil::Date;
use money::{Currency, Money, MoneyError, Rounding};
use rust_decimal::Decimal;

use super::quantify::{Ledger, is_amount};
use crate::rating::{Billed, Bucket, Change, Held, LineKind};

/// What a line of a document billed at one price.
#[derive(Clone, Debug)]
pub struct Source {
    pub invoice: InvoiceId,
    /// The line's number.
    pub number: u32,
    pub bucket: Bucket,
    /// What notes left of the units.
    pub units: Decimal,
    /// What is not credited of the whole line, before commission.
    pub left: Money,
    /// Spots that it bills and that did not air after all, as their source calls them; without those that are or were to be made good
    /// or are credited.
    pub spots: Vec<String>,
}

/// What of a difference one line of a document takes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub invoice: InvoiceId,
    /// The line's number.
    pub number: u32,
    /// Before commission, above zero.
    pub gross: Money,
    /// The units; none where the line is an amount, or spots are named.
    pub changes: Vec<Change>,
    /// The spots that are credited by their names, so that nothing makes them good besides.
    pub spots: Vec<String>,
}

/// Which lines of documents take a difference back. `sources` are what billed its origin period, the latest document
/// first, `ledger` everything that was billed of the order line. None where documents do not have that much left, or where it
/// is not clear which spots it is about.
pub fn shares(
    difference: &Held,
    sources: &[Source],
    ledger: &[Billed],
    (currency, rounding): (Currency, Rounding),
) -> Result<Vec<Share>, MoneyError> {
    let changes = &difference.changes;
    if changes.iter().all(|change| is_amount(change.bucket.kind)) {
        return amounts(difference.amount.negate(), sources);
    }
    if fewer_spots(changes) {
        return spots(changes, sources, ledger, (currency, rounding));
    }
    let Some(mut parts) = taken(changes, sources) else { return Ok(Vec::new()) };
    for change in changes.iter().filter(|change| change.units > Decimal::ZERO && is_priced(change)) {
        put(&mut parts, change);
    }
    let (mut ledger, mut shares) = (Ledger::of(currency, ledger)?, Vec::with_capacity(parts.len()));
    for part in parts {
        let Part { invoice, number, left, changes, .. } = part;
        let Some(gross) = take(&mut ledger, &changes, left, (currency, rounding))? else {
            return Ok(Vec::new());
        };
        shares.push(Share { invoice, number, gross, changes, spots: Vec::new() });
    }
    Ok(shares)
}

/// What changes take of a line that has so much left. Absent where it has less, or they take nothing.
fn take(
    ledger: &mut Ledger,
    changes: &[Change],
    left: Money,
    (currency, rounding): (Currency, Rounding),
) -> Result<Option<Money>, MoneyError> {
    let before = ledger.billed;
    for change in changes {
        ledger.worth = ledger.worth.plus(change.bucket.worth(change.units, currency)?)?;
    }
    ledger.billed = ledger.worth.round(rounding)?;
    let gross = before.minus(ledger.billed)?;
    Ok((gross.is_positive() && gross.compare(left)?.is_le()).then_some(gross))
}

/// Whether spots are taken back, and not only their price.
fn fewer_spots(changes: &[Change]) -> bool {
    let spots = changes.iter().filter(|change| match change.bucket.kind {
        LineKind::Spots | LineKind::Makegood => true,
        LineKind::SchedulePart
        | LineKind::Delivery
        | LineKind::TierFee
        | LineKind::Expenses
        | LineKind::Minimum
        | LineKind::TrueUp
        | LineKind::Rebate
        | LineKind::AdCredit
        | LineKind::OverDelivery => false,
    });
    spots.map(|change| change.units).sum::<Decimal>() < Decimal::ZERO
}

/// Spots that did not air after all are named. None where it is not clear which they are.
fn spots(
    changes: &[Change],
    sources: &[Source],
    ledger: &[Billed],
    (currency, rounding): (Currency, Rounding),
) -> Result<Vec<Share>, MoneyError> {
    let (mut ledger, mut shares) = (Ledger::of(currency, ledger)?, Vec::new());
    for change in changes.iter().filter(|change| is_priced(change)) {
        let of: Vec<&Source> = sources.iter().filter(|source| is_of(source, change)).collect();
        let named: usize = of.iter().map(|source| source.spots.len()).sum();
        if Decimal::from(named) != -change.units {
            return Ok(Vec::new());
        }
        for source in of.into_iter().filter(|source| !source.spots.is_empty()) {
            let Source { invoice, number, bucket, left, .. } = *source;
            let units = -Decimal::from(source.spots.len());
            let Some(gross) = take(&mut ledger, &[Change { bucket, units }], left, (currency, rounding))?
            else {
                return Ok(Vec::new());
            };
            let spots = source.spots.clone();
            shares.push(Share { invoice, number, gross, changes: Vec::new(), spots });
        }
    }
    Ok(shares)
}

/// Whether it was billed at the position from which a change takes it.
fn is_of(source: &Source, change: &Change) -> bool {
    let of = |bucket: Bucket| (bucket.kind, bucket.rate, bucket.price_base);
    of(source.bucket) == of(change.bucket)
}

/// Amounts are taken of amounts: exactly what is held, or nothing.
fn amounts(held: Money, sources: &[Source]) -> Result<Vec<Share>, MoneyError> {
    let mut rest = held;
    let mut shares: Vec<Share> = Vec::new();
    for source in sources.iter().filter(|source| is_amount(source.bucket.kind)) {
        let known = shares.iter().any(|of| (of.invoice, of.number) == (source.invoice, source.number));
        if known || !rest.is_positive() || !source.left.is_positive() {
            continue;
        }
        let gross = if rest.compare(source.left)?.is_gt() { source.left } else { rest };
        rest = rest.minus(gross)?;
        let Source { invoice, number, .. } = *source;
        shares.push(Share { invoice, number, gross, changes: Vec::new(), spots: Vec::new() });
    }
    Ok(if rest.is_zero() { shares } else { Vec::new() })
}

/// A share while it is made.
struct Part {
    invoice: InvoiceId,
    number: u32,
    left: Money,
    changes: Vec<Change>,
    /// Units that are taken back and not billed otherwise, by the segment that they have today.
    open: Vec<(Date, Decimal)>,
}

/// What is free moves no money: the next run shows it.
fn is_priced(change: &Change) -> bool {
    !change.bucket.rate.value().is_zero()
}

/// Takes units back where they were billed at their price. Absent where no document has them.
fn taken(changes: &[Change], sources: &[Source]) -> Option<Vec<Part>> {
    let mut sources = sources.to_vec();
    let mut parts: Vec<Part> = Vec::new();
    for change in changes.iter().filter(|change| change.units < Decimal::ZERO && is_priced(change)) {
        let mut need = -change.units;
        for source in sources.iter_mut().filter(|source| is_of(source, change)) {
            let units = need.min(source.units);
            if units > Decimal::ZERO {
                (source.units, need) = (source.units - units, need - units);
                let part = part(&mut parts, source);
                part.changes.push(Change { bucket: source.bucket, units: -units });
                part.open.push((change.bucket.segment_first, units));
            }
        }
        if need > Decimal::ZERO {
            return None;
        }
    }
    Some(parts)
}

/// The share of the line of a source.
fn part<'p>(parts: &'p mut Vec<Part>, source: &Source) -> &'p mut Part {
    let Source { invoice, number, left, .. } = *source;
    let place = parts.iter().position(|part| (part.invoice, part.number) == (invoice, number));
    let place = place.unwrap_or_else(|| {
        parts.push(Part { invoice, number, left, changes: Vec::new(), open: Vec::new() });
        parts.len() - 1
    });
    &mut parts[place]
}

/// Bills units anew where they were taken back: of their own segment first, and the rest where there is room.
fn put(parts: &mut [Part], change: &Change) {
    let mut rest = change.units;
    for is_own in [true, false] {
        for part in parts.iter_mut() {
            let mut here = Decimal::ZERO;
            for (segment, open) in &mut part.open {
                if (*segment == change.bucket.segment_first) == is_own {
                    let units = rest.min(*open);
                    (*open, rest, here) = (*open - units, rest - units, here + units);
                }
            }
            if here > Decimal::ZERO {
                part.changes.push(Change { bucket: change.bucket, units: here });
            }
        }
    }
    if let Some(last) = parts.last_mut().filter(|_| rest > Decimal::ZERO) {
        last.changes.push(Change { bucket: change.bucket, units: rest });
    }
}
