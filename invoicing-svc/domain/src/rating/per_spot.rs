//! Spots aired × the spot's rate, within the cap.

use std::collections::BTreeMap;

use money::{MoneyError, Quantity};
use rust_decimal::Decimal;

use super::{
    Airing, Bucket, Decided, HeldCause, LineKind, LineToRate, RatedItem, RatedLine, RatingError, Segment,
    Unit,
    cap::Room,
    excess::Makegoods,
    opening::Openings,
    settle::{Difference, Ledger, Negative, Stays, settle},
    spot::{count, days, in_order, note},
    tally::Tally,
};
use crate::order::Cap;

/// The spots of each position.
type Spots<'a> = BTreeMap<Bucket, Vec<&'a Airing>>;

/// Bills what was rated to date less what was billed before.
pub(super) fn rate(
    line: &LineToRate,
    segments: &[Segment],
    cap: Cap,
    (airings, decided): (&[Airing], &[Decided]),
) -> Result<RatedLine, RatingError> {
    let ledger = Ledger::of(line, |bucket| line.bucket_today(bucket))?;
    let openings = Openings::of(line)?;
    let whole = openings.leave(Room::of(cap, booked(segments)?, line.currency)?, |_| true)?;
    let spots = in_order(line, segments, airings, openings)?;
    let makegoods = Makegoods::of(line, spots.iter().map(|spot| (spot.airing(), spot.segment())), decided)?;
    let count = |stays: &Stays<'_>| {
        let kept = stays.kept().filter(|(bucket, _)| bucket.kind == LineKind::Spots);
        let kept = Tally::default().with(kept)?;
        let room = whole.less(kept.sum(|_| true), kept.worth(line.currency)?)?;
        let spots = count((&spots, &makegoods), room, stays)?;
        let units = spots.iter().map(|(bucket, spots)| (*bucket, Decimal::from(spots.len())));
        Ok((Tally::default().with(units)?, spots))
    };
    let settled = settle(line, &ledger, Negative::Held, |origin| origin, count)?;
    let items = settled.items(line, |spots, bucket| item(line, spots, bucket))?;
    Ok(RatedLine { line: line.line, items, held: settled.held(line, cause)? })
}

fn booked(segments: &[Segment]) -> Result<Quantity, MoneyError> {
    let sum =
        segments.iter().try_fold(Decimal::ZERO, |sum, segment| sum.checked_add(segment.booked_units.value()));
    sum.and_then(|sum| Quantity::of(sum).ok()).ok_or(MoneyError::Overflow)
}

/// The line of the document for a position: it lists the spots that no document lists there yet.
fn item(line: &LineToRate, spots: &Spots<'_>, bucket: Bucket) -> RatedItem {
    let spots = spots.get(&bucket).map_or(&[][..], Vec::as_slice);
    let listed = |spot: &&&Airing| spot.billed_as.map(|billed| line.bucket_today(billed)) == Some(bucket);
    let new: Vec<&Airing> = spots.iter().filter(|spot| !listed(spot)).copied().collect();
    RatedItem {
        delivered: days(&new),
        note: note(&new),
        airings: new.iter().map(|spot| (spot.id, spot.version)).collect(),
        ..RatedItem::of(line, bucket, Unit::Spot)
    }
}

fn cause(difference: &Difference<'_>) -> HeldCause {
    if difference.amount.is_positive() {
        HeldCause::Cap
    } else if difference.fewer(|_| true) {
        HeldCause::Restatement
    } else if difference.fewer(|bucket| bucket.kind == LineKind::Spots) {
        HeldCause::Cap
    } else if difference.only(LineKind::Makegood) {
        HeldCause::Makegood
    } else {
        HeldCause::Amendment
    }
}
