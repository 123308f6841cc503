//! Opening balances: what another system billed before the cut-over.
//!
//! It is taken over as it stands, at that system's price. It counts off the first spots of its days, which then bill
//! nothing here whatever their rate, and it uses up the cap with its units and its money. Spots that it paid for may
//! come or not: what was billed elsewhere is never taken back here.

use calendar::Days;
use jiff::civil::Date;
use money::{Exact, MoneyError};
use rust_decimal::Decimal;

use super::{Basis, LineToRate, RatingError, cap::Room};

/// What is left of the opening balances while spots are counted off.
#[derive(Debug)]
pub(super) struct Openings(Vec<(Days, Decimal)>);

impl Openings {
    /// The opening balances of a line, and the room that they leave of its cap.
    pub(super) fn of(line: &LineToRate, room: Room) -> Result<(Self, Room), RatingError> {
        let (mut balances, mut units) = (Vec::new(), Decimal::ZERO);
        let mut worth = Exact::zero(line.currency);
        for billed in line.billed_before.iter().filter(|billed| billed.basis == Basis::Opening) {
            let origin = billed.bucket.origin;
            if billed.units.is_zero() && !billed.gross.is_zero() {
                return Err(RatingError::OpeningWithoutUnits { origin });
            }
            units = units.checked_add(billed.units).ok_or(MoneyError::Overflow)?;
            worth = worth.plus(Exact::of(line.currency, billed.gross.amount()))?;
            balances.push((origin, billed.units));
        }
        Ok((Self(balances), room.less(units, worth)?))
    }

    /// Counts off a spot of this day: whether another system was paid for it. A unit that was begun was paid for.
    pub(super) fn paid_for(&mut self, day: Date) -> bool {
        let balance = self.0.iter_mut().find(|(days, units)| days.contains(day) && *units > Decimal::ZERO);
        if let Some((_, units)) = balance {
            *units -= Decimal::ONE;
            return true;
        }
        false
    }
}
