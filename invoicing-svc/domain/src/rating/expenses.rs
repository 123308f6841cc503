//! Delivered spend, passed on with a markup, up to a cap of its own.

use money::{Exact, MoneyError, Rate};
use rust_decimal::Decimal;

use super::{
    LineKind, RatingError,
    caps::spend,
    metered::{Expenses, Meter, Piece, bucket},
    settle::Stays,
    tally::Tally,
};

/// Adds the expenses of the periods that do not stay as they were billed.
pub(super) fn add(
    tally: &mut Tally,
    expenses: Expenses,
    meter: &Meter<'_>,
    stays: &Stays<'_>,
) -> Result<(), RatingError> {
    let hundredths =
        Decimal::ONE_HUNDRED.checked_add(expenses.markup_percent.value()).ok_or(MoneyError::Overflow)?;
    let rate = Rate::of(hundredths / Decimal::ONE_HUNDRED).map_err(|_| MoneyError::Overflow)?;
    let kept = stays.kept().filter(|(bucket, _)| bucket.kind == LineKind::Expenses);
    let kept = Tally::default().with(kept)?.worth(meter.line.currency)?;
    let mut room = expenses.cap.map(|cap| Exact::of(meter.line.currency, cap.amount() - kept.amount()));
    for cell in meter.cells.iter().filter(|cell| !stays.has(cell.origin) && !cell.spend.is_zero()) {
        let piece = Piece { kind: LineKind::Expenses, units: cell.spend, rate, price_base: 1 };
        match &mut room {
            Some(room) => {
                spend(room, piece, false, |piece| tally.add(bucket(cell, piece), piece.units))?;
            }
            None => tally.add(bucket(cell, piece), piece.units)?,
        }
    }
    Ok(())
}
