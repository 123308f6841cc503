//! Spots aired × the spot's rate, within the cap.

use std::collections::{BTreeMap, BTreeSet};

use calendar::Days;
use money::{Exact, Money, MoneyError, Quantity, Remainder};
use rust_decimal::Decimal;

use super::{
    Airing, Basis, Bucket, Held, HeldCause, LineKind, LineToRate, RatedItem, RatedLine, RatingError, Segment,
    Unit, apportion,
    cap::Room,
    opening::Openings,
    spot::{count, days, in_order, note},
    tally::Tally,
};
use crate::order::Cap;

/// Bills what was rated to date less what was billed before.
///
/// A period whose difference is negative stays as it was billed, and so does a period that the run does not take. What
/// stays uses up the cap, and the other periods are rated in what is left of it, which may make one of them stay too.
/// So a spot that came late never bills beside the one that it displaces from the cap.
pub(super) fn rate(
    line: &LineToRate,
    segments: &[Segment],
    cap: Cap,
    airings: &[Airing],
) -> Result<RatedLine, RatingError> {
    let (before, billed) = billed_before(line)?;
    let whole = Room::of(cap, booked(segments)?, line.currency)?;
    let (openings, room) = Openings::of(line, whole)?;
    let spots = in_order(line, segments, airings, openings)?;
    let mut stays: BTreeSet<Days> =
        before.iter().map(|(bucket, _)| bucket.origin).filter(|o| !line.takes(*o)).collect();
    let worth = Counted::new(count(&spots, room, &BTreeSet::new())?, &before, &stays)?;
    let counted = loop {
        let kept = before.only(|bucket| stays.contains(&bucket.origin) && bucket.kind == LineKind::Spots);
        let room = room.less(kept.sum(|_| true), kept.worth(line.currency)?)?;
        let counted = Counted::new(count(&spots, room, &stays)?, &before, &stays)?;
        let negative = counted.change.worth_by_origin(line.currency)?;
        let negative = negative
            .into_iter()
            .filter(|(_, worth)| worth.amount() < Decimal::ZERO)
            .map(|(origin, _)| origin);
        let known = stays.len();
        stays.extend(negative);
        if stays.len() == known {
            break counted;
        }
    };
    let items = items(line, billed, &counted)?;
    let held = held(line, &counted.after, &worth.after)?;
    Ok(RatedLine { line: line.line, items, held })
}

/// The ledger as it would be: what stays as it was billed, and what is counted of the rest.
struct Counted<'a> {
    after: Tally,
    /// After less before.
    change: Tally,
    spots: BTreeMap<Bucket, Vec<&'a Airing>>,
}

impl<'a> Counted<'a> {
    fn new(
        spots: BTreeMap<Bucket, Vec<&'a Airing>>,
        before: &Tally,
        stays: &BTreeSet<Days>,
    ) -> Result<Self, MoneyError> {
        let mut after = before.only(|bucket| stays.contains(&bucket.origin));
        for (bucket, airings) in &spots {
            after.add(*bucket, Decimal::from(airings.len()))?;
        }
        Ok(Self { change: after.less(before)?, after, spots })
    }
}

fn booked(segments: &[Segment]) -> Result<Quantity, MoneyError> {
    let sum =
        segments.iter().try_fold(Decimal::ZERO, |sum, segment| sum.checked_add(segment.booked_units.value()));
    sum.and_then(|sum| Quantity::of(sum).ok()).ok_or(MoneyError::Overflow)
}

/// What counts as billed before, as units and as money. The units at their prices must explain the money (INV-10), or
/// one more run on top of them would bill the difference as if it were somebody's spot.
fn billed_before(line: &LineToRate) -> Result<(Tally, Money), RatingError> {
    let (mut tally, mut billed) = (Tally::default(), Money::zero(line.currency));
    for entry in &line.billed_before {
        match entry.basis {
            Basis::Rated | Basis::Correction => {
                tally.add(line.bucket_today(entry.bucket), entry.units)?;
                billed = billed.plus(entry.gross)?;
            }
            // Openings are counted off by themselves; the others never count.
            Basis::Opening | Basis::Commercial | Basis::Tax | Basis::Makegood | Basis::WriteOff => {}
        }
    }
    let exact = tally.worth(line.currency)?;
    let off = exact.plus(Exact::of(line.currency, billed.negate().amount()))?.amount().abs();
    // Half a minor unit either way: the entity may round otherwise today than it did then.
    if off > Decimal::new(5, line.currency.minor_units() + 1) {
        return Err(RatingError::LedgerBroken { billed, units_at_price: exact.round(line.rounding)? });
    }
    Ok((tally, billed))
}

/// The lines of the document: the change of each position, which are together what the line is due, rounded once.
fn items(line: &LineToRate, billed: Money, counted: &Counted<'_>) -> Result<Vec<RatedItem>, MoneyError> {
    let due = counted.after.worth(line.currency)?.round(line.rounding)?.minus(billed)?;
    let exact: Result<Vec<Exact>, _> =
        counted.change.iter().map(|(bucket, units)| bucket.worth(units, line.currency)).collect();
    let amounts = apportion(due, &exact?, Remainder::First)?;
    let changes = counted.change.iter().zip(amounts).enumerate();
    changes
        .map(|(position, ((bucket, quantity), gross))| {
            let spots = counted.spots.get(&bucket).map_or(&[][..], Vec::as_slice);
            let listed =
                |spot: &&&Airing| spot.billed_as.map(|billed| line.bucket_today(billed)) == Some(bucket);
            let new: Vec<&Airing> = spots.iter().filter(|spot| !listed(spot)).copied().collect();
            Ok(RatedItem {
                bucket,
                late: line.is_late(bucket.origin),
                quantity,
                unit: Unit::Spot,
                gross,
                note: note(&new),
                delivered: days(&new),
                airings: new.iter().map(|spot| (spot.id, spot.version)).collect(),
                entry: line.entry(position)?,
            })
        })
        .collect()
}

/// What the line is worth to date and is not billed, by origin period.
fn held(line: &LineToRate, after: &Tally, worth: &Tally) -> Result<Vec<Held>, MoneyError> {
    let mut billed = after.worth(line.currency)?;
    let mut held = Vec::new();
    for (origin, difference) in worth.less(after)?.worth_by_origin(line.currency)? {
        let more = billed.plus(difference)?;
        let amount = more.round(line.rounding)?.minus(billed.round(line.rounding)?)?;
        if !amount.is_zero() {
            held.push(Held { origin, amount, cause: cause(origin, amount, after, worth) });
        }
        billed = more;
    }
    Ok(held)
}

fn cause(origin: Days, amount: Money, after: &Tally, worth: &Tally) -> HeldCause {
    let fewer = |test: &dyn Fn(LineKind) -> bool| {
        let of_origin = |bucket: Bucket| bucket.origin == origin && test(bucket.kind);
        worth.sum(of_origin) < after.sum(of_origin)
    };
    if amount.is_positive() {
        HeldCause::Cap
    } else if fewer(&|_| true) {
        HeldCause::FewerSpots
    } else if fewer(&|kind| kind == LineKind::Spots) {
        HeldCause::Cap
    } else {
        HeldCause::LowerPrice
    }
}
