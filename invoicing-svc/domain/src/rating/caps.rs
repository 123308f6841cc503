//! What the caps of a metered line leave, window by window.

use std::collections::BTreeMap;

use jiff::civil::Date;
use money::{Exact, MoneyError, Quantity, Rate};
use rust_decimal::Decimal;

use super::{
    LineKind, RatingError,
    bucket::per_base,
    cap::Room,
    cell::Placed,
    metered::{Meter, Piece},
    settle::Stays,
};
use crate::order::Cap;
use crate::pricing::{PricingModel, Window};

/// The rooms of the windows, each made when its first unit comes.
pub(super) struct Caps<'a> {
    meter: &'a Meter<'a>,
    stays: &'a Stays<'a>,
    rooms: BTreeMap<Date, Room>,
}

impl<'a> Caps<'a> {
    pub(super) fn of(meter: &'a Meter<'_>, stays: &'a Stays<'_>) -> Self {
        Self { meter, stays, rooms: BTreeMap::new() }
    }

    /// How many units of a cell are within the cap.
    pub(super) fn take_units(&mut self, cell: &Placed<'_>) -> Result<Decimal, RatingError> {
        let units = cell.units;
        Ok(match self.room(cell)? {
            Room::Units(room) => {
                let within = units.min((*room).max(Decimal::ZERO));
                *room -= within;
                within
            }
            Room::Money(_) | Room::Unlimited => units,
        })
    }

    /// Bills what a cap of money leaves of a piece; answers the units that are beyond it. The unit that crosses the cap
    /// bills the rest of it.
    pub(super) fn bill(
        &mut self,
        cell: &Placed<'_>,
        piece: Piece,
        mut bills: impl FnMut(Piece) -> Result<(), MoneyError>,
    ) -> Result<Decimal, RatingError> {
        let whole = piece.kind == LineKind::TierFee || self.meter.metered.metric.is_whole();
        let beyond = match self.room(cell)? {
            Room::Units(_) | Room::Unlimited => {
                bills(piece)?;
                Decimal::ZERO
            }
            Room::Money(room) => spend(room, piece, whole, bills)?,
        };
        // A fee is no unit that was delivered, and a package is many.
        if piece.kind == LineKind::TierFee {
            Ok(Decimal::ZERO)
        } else if self.meter.metered.model == PricingModel::Package {
            Ok(beyond.checked_mul(self.meter.metered.package()?).ok_or(MoneyError::Overflow)?)
        } else {
            Ok(beyond)
        }
    }

    fn room(&mut self, cell: &Placed<'_>) -> Result<&mut Room, RatingError> {
        let key = self.meter.periods.key(self.meter.metered.cap_window, cell.origin)?;
        if !self.rooms.contains_key(&key) {
            let room = self.opened(key)?;
            self.rooms.insert(key, room);
        }
        Ok(self.rooms.entry(key).or_insert(Room::Unlimited))
    }

    /// The cap of a window less what another system has billed of it and what stays as it was billed.
    fn opened(&self, key: Date) -> Result<Room, RatingError> {
        let (meter, metered) = (self.meter, self.meter.metered);
        let whole = self.whole(key)?;
        if let Room::Unlimited = whole {
            return Ok(whole);
        }
        let of_window = |origin| meter.periods.key(metered.cap_window, origin).ok() == Some(key);
        let mut room = meter.openings.leave(whole, |opening| of_window(opening.origin))?;
        for (bucket, units) in self.stays.kept().filter(|(bucket, _)| of_window(bucket.origin)) {
            let worth = bucket.worth(units, meter.line.currency)?;
            let units = match bucket.kind {
                LineKind::Delivery if metered.model == PricingModel::Package => {
                    units.checked_mul(metered.package()?).ok_or(MoneyError::Overflow)?
                }
                LineKind::Delivery => units,
                LineKind::TierFee | LineKind::Expenses => Decimal::ZERO,
                LineKind::SchedulePart
                | LineKind::Spots
                | LineKind::Makegood
                | LineKind::Minimum
                | LineKind::TrueUp
                | LineKind::Rebate
                | LineKind::AdCredit
                | LineKind::OverDelivery => continue,
            };
            room = room.less(units, worth)?;
        }
        Ok(room)
    }

    /// The cap of a window.
    fn whole(&self, key: Date) -> Result<Room, RatingError> {
        let (meter, metered) = (self.meter, self.meter.metered);
        let currency = meter.line.currency;
        Ok(match metered.cap {
            Cap::Uncapped => Room::Unlimited,
            Cap::Budget(budget) => {
                let times = meter.periods.times(metered.cap_window);
                let budget = budget.amount().checked_mul(times).ok_or(MoneyError::Overflow)?;
                Room::Money(Exact::of(currency, budget))
            }
            Cap::LesserOfBookedAndDelivered => Room::of(metered.cap, self.booked(key)?, currency)?,
            Cap::Percent(_) => match Room::of(metered.cap, self.booked(key)?, currency)? {
                Room::Units(units) if metered.metric.is_whole() => Room::Units(units.trunc()),
                room @ (Room::Units(_) | Room::Money(_) | Room::Unlimited) => room,
            },
        })
    }

    /// What is booked for a window.
    fn booked(&self, key: Date) -> Result<Quantity, RatingError> {
        let (meter, metered) = (self.meter, self.meter.metered);
        if metered.cap_window == Window::Life {
            return metered.booked_units.ok_or(RatingError::TermsIncomplete { what: "the booked units" });
        }
        if metered.period_units.is_empty() {
            return Err(RatingError::TermsIncomplete { what: "the booked units of each period" });
        }
        let mut sum = Decimal::ZERO;
        for booked in &metered.period_units {
            let origin = meter.line.origin_of(booked.period.first());
            let begun = metered.cap_window != Window::PeriodWithCarry || meter.line.takes(origin);
            if begun && meter.periods.key(metered.cap_window, origin)? == key {
                sum = sum.checked_add(booked.units.value()).ok_or(MoneyError::Overflow)?;
            }
        }
        Ok(Quantity::of(sum).map_err(|_| MoneyError::Overflow)?)
    }
}

/// Takes what there is for a piece from the room; answers the units that it does not pay for.
fn spend(
    room: &mut Exact,
    piece: Piece,
    whole: bool,
    mut bills: impl FnMut(Piece) -> Result<(), MoneyError>,
) -> Result<Decimal, MoneyError> {
    let paid = affordable(*room, piece, whole)?;
    if paid > Decimal::ZERO {
        bills(Piece { units: paid, ..piece })?;
        *room = less(*room, worth_of(piece, paid, room.currency())?)?;
    }
    let mut beyond = piece.units - paid;
    if whole && beyond >= Decimal::ONE && room.amount() > Decimal::ZERO {
        let rest = room.amount().checked_mul(Decimal::from(piece.price_base)).ok_or(MoneyError::Overflow)?;
        let rate = Rate::of(rest).map_err(|_| MoneyError::Overflow)?;
        bills(Piece { units: Decimal::ONE, rate, ..piece })?;
        *room = Exact::zero(room.currency());
        beyond -= Decimal::ONE;
    }
    Ok(beyond)
}

/// How many units of a piece the room pays for in full.
fn affordable(room: Exact, piece: Piece, whole: bool) -> Result<Decimal, MoneyError> {
    let all = worth_of(piece, piece.units, room.currency())?;
    if all.amount() <= room.amount() {
        return Ok(piece.units);
    }
    if room.amount() <= Decimal::ZERO {
        return Ok(Decimal::ZERO);
    }
    let base = Decimal::from(piece.price_base);
    let units = room.amount().checked_mul(base).and_then(|room| room.checked_div(piece.rate.value()));
    let decimals = if whole { 0 } else { 6 };
    let mut units = units.ok_or(MoneyError::Overflow)?.trunc_with_scale(decimals);
    // A quotient of 28 digits may have been rounded up to the next unit.
    while worth_of(piece, units, room.currency())?.amount() > room.amount() {
        units -= Decimal::new(1, decimals);
    }
    Ok(units)
}

fn worth_of(piece: Piece, units: Decimal, currency: money::Currency) -> Result<Exact, MoneyError> {
    let units = Quantity::of(units).map_err(|_| MoneyError::Overflow)?;
    let amount = per_base(piece.rate.times(units, currency)?.amount(), piece.price_base)?;
    Ok(Exact::of(currency, amount))
}

fn less(room: Exact, worth: Exact) -> Result<Exact, MoneyError> {
    room.plus(Exact::of(worth.currency(), -worth.amount()))
}
