//! Opening balances: what another system billed before the cut-over.
//!
//! It is taken over as it stands, at that system's price. It counts off the first units of its days, which then bill
//! nothing here whatever their rate, and it uses up the cap with its units and its money. Where nothing of its days is
//! known here, their delivery was not taken over, and nothing is said of it. Else the units beyond what was delivered
//! come off what is counted later at the same price, and what is left of them is held.

use calendar::Days;
use jiff::civil::Date;
use money::{Exact, Money, MoneyError, Rate};
use rust_decimal::Decimal;

use super::{
    Basis, Bucket, Change, Held, HeldCause, LineKind, LineToRate, RatingError, cap::Room, price::share,
};

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
    /// Something of its days is known here.
    known: bool,
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
            Ok(Opening { origin, units, gross, left: units, known: false })
        });
        let mut openings = opening.collect::<Result<Vec<_>, _>>()?;
        openings.sort_by_key(|opening| opening.origin);
        Ok(Self(openings))
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
        let of_day = self.0.iter_mut().filter(|opening| opening.origin.contains(day));
        of_day.fold(Decimal::ZERO, |paid, opening| {
            opening.known = true;
            paid + opening.take(units - paid)
        })
    }

    /// Counts units of this day off what is left of the periods before it for which the test holds: how many of them
    /// another system was paid for.
    pub(super) fn set_off(&mut self, day: Date, units: Decimal, test: impl Fn(&Opening) -> bool) -> Decimal {
        let before = |opening: &&mut Opening| opening.known && opening.origin.last() < day && test(opening);
        self.0
            .iter_mut()
            .filter(before)
            .fold(Decimal::ZERO, |paid, opening| paid + opening.take(units - paid))
    }

    /// Adds what another system billed beyond what was delivered, as units of this kind, to what is held.
    pub(super) fn hold(
        &self,
        line: &LineToRate,
        kind: LineKind,
        held: &mut Vec<Held>,
    ) -> Result<(), RatingError> {
        let left = |opening: &&Opening| opening.known && opening.left > Decimal::ZERO;
        for opening in self.0.iter().filter(left).filter(|opening| opening.gross.is_positive()) {
            let more = opening.held(line, kind)?;
            match held.iter_mut().find(|held| held.origin == more.origin) {
                Some(held) => {
                    held.amount = held.amount.plus(more.amount)?;
                    held.changes.extend(more.changes);
                }
                None => held.push(more),
            }
        }
        held.retain(|held| !held.amount.is_zero());
        held.sort_by_key(|held| held.origin);
        Ok(())
    }
}

impl Opening {
    fn take(&mut self, units: Decimal) -> Decimal {
        let paid = units.min(self.left);
        self.left -= paid;
        paid
    }

    /// What is left of it, at its own price.
    fn held(&self, line: &LineToRate, kind: LineKind) -> Result<Held, RatingError> {
        let gross = Rate::of(self.gross.amount()).map_err(|_| MoneyError::Overflow)?;
        let (rate, worth) = (share(gross, Decimal::ONE, self.units)?, share(gross, self.left, self.units)?);
        let amount = Exact::of(line.currency, -worth.value()).round(line.rounding)?;
        let origin = line.origin_of(self.origin.first());
        let bucket = Bucket { origin, kind, segment_first: self.origin.first(), rate, price_base: 1 };
        let changes = vec![Change { bucket, units: -self.left }];
        Ok(Held { origin, amount, cause: HeldCause::Restatement, changes })
    }
}
