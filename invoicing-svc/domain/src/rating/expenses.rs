//! Delivered spend, passed on with a markup, up to a cap of its own.

use money::{MoneyError, Rate};
use rust_decimal::Decimal;

use super::{
    LineKind, RatingError,
    metered::{Expenses, Meter, Piece, bucket},
    settle::Stays,
    tally::Tally,
};

/// Adds the expenses of the periods that do not stay as they were billed, in the order of their days.
pub(super) fn add(
    tally: &mut Tally,
    expenses: Expenses,
    meter: &Meter<'_>,
    stays: &Stays<'_>,
) -> Result<(), RatingError> {
    let percent = Decimal::ONE_HUNDRED.checked_add(expenses.markup_percent.value());
    let rate = percent.and_then(|percent| percent.checked_div(Decimal::ONE_HUNDRED));
    let rate = rate.and_then(|rate| Rate::of(rate).ok()).ok_or(MoneyError::Overflow)?;
    let kept = stays.kept().filter(|(bucket, _)| bucket.kind == LineKind::Expenses);
    let mut room = expenses.cap.map(|cap| cap.amount());
    for (_, units) in kept {
        room = room.map(|room| room.saturating_sub(units));
    }
    for cell in meter.cells.iter().filter(|cell| !stays.has(cell.origin)) {
        let units = room.map_or(cell.spend, |room| cell.spend.min(room.max(Decimal::ZERO)));
        room = room.map(|room| room.saturating_sub(units));
        if !units.is_zero() {
            let piece = Piece { kind: LineKind::Expenses, units, rate, price_base: 1 };
            tally.add(bucket(cell, piece), units)?;
        }
    }
    Ok(())
}
