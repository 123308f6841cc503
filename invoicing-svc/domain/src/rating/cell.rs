//! What a line delivered, in runs of days that have one billing period and one price.

use calendar::Days;
use rust_decimal::Decimal;

use super::{LineToRate, RatingError, metered::Metered, opening::Openings, price::Terms};

/// What was delivered on some days of one billing period and one segment of terms.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub days: Days,
    /// Of the metric of the line; not negative.
    pub units: Decimal,
    /// Media spend: expenses follow from it. Not negative.
    pub spend: Decimal,
}

/// A cell with its price, without what another system was paid for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub(super) origin: Days,
    pub(super) terms: &'a Terms,
    pub(super) units: Decimal,
    pub(super) spend: Decimal,
}

/// The cells that the run takes, in the order of their days. What was delivered after a line had ended is not the
/// line's.
pub(super) fn in_order<'a>(
    line: &LineToRate,
    metered: &'a Metered,
    mut openings: Openings,
) -> Result<Vec<Placed<'a>>, RatingError> {
    let mut cells: Vec<&Cell> = metered.cells.iter().collect();
    cells.sort_by_key(|cell| cell.days);
    let mut placed = Vec::with_capacity(cells.len());
    for cell in cells {
        let (first, origin) = (cell.days.first(), line.origin_of(cell.days.first()));
        let ended = metered.ended.is_some_and(|last| last < first);
        if ended || !line.takes(origin) || (cell.units.is_zero() && cell.spend.is_zero()) {
            continue;
        }
        let terms = metered.terms_on(first);
        let terms = terms.ok_or(RatingError::DeliveredOutOfFlight { days: cell.days })?;
        let units = cell.units - openings.count_off(first, cell.units);
        placed.push(Placed { origin, terms, units, spend: cell.spend });
    }
    Ok(placed)
}
