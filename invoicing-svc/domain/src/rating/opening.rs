//! Opening balances: what another system billed before the cut-over.
//!
//! It is taken over as it stands, at that system's price. It counts off the first units of its days, which then bill
//! nothing here whatever their rate, and it uses up the cap with its units and its money. Units that it paid for may
//! come or not: what was billed elsewhere is never taken back here.

use calendar::Days;
use jiff::civil::Date;
use money::{Exact, Money, MoneyError};
use rust_decimal::Decimal;

use super::{Basis, LineToRate, RatingError, cap::Room};

/// The opening balances of a line, while units are counted off them.
#[derive(Clone, Debug)]
pub(super) struct Openings(Vec<Opening>);

/// What another system billed of a period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) origin: Days,
    pub(super) units: Decimal,
    pub(super) gross: Money,
    /// Units that were not counted off yet.
    left: Decimal,
}

impl Openings {
    /// The opening balances of a line.
    pub(super) fn of(line: &LineToRate) -> Result<Self, RatingError> {
        let openings = line.billed_before.iter().filter(|billed| billed.basis == Basis::Opening);
        let opening = openings.map(|billed| {
            let (origin, units, gross) = (billed.bucket.origin, billed.units, billed.gross);
            if units.is_zero() && !gross.is_zero() {
                return Err(RatingError::OpeningWithoutUnits { origin });
            }
            Ok(Opening { origin, units, gross, left: units })
        });
        opening.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Opening> {
        self.0.iter().copied()
    }

    /// What the balances for which the test holds leave of a cap.
    pub(super) fn leave(&self, room: Room, test: impl Fn(Opening) -> bool) -> Result<Room, MoneyError> {
        self.iter().filter(|opening| test(*opening)).try_fold(room, |room, opening| {
            room.less(opening.units, Exact::of(opening.gross.currency(), opening.gross.amount()))
        })
    }

    /// Counts off a spot of this day: whether another system was paid for it. A unit that was begun was paid for.
    pub(super) fn paid_for(&mut self, day: Date) -> bool {
        self.count_off(day, Decimal::ONE) > Decimal::ZERO
    }

    /// Counts off units of this day: how many of them another system was paid for.
    pub(super) fn count_off(&mut self, day: Date, units: Decimal) -> Decimal {
        let opening =
            self.0.iter_mut().find(|opening| opening.origin.contains(day) && opening.left > Decimal::ZERO);
        opening.map_or(Decimal::ZERO, |opening| {
            let paid = units.min(opening.left);
            opening.left -= paid;
            paid
        })
    }
}
