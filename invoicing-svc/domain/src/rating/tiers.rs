//! Usage through tiers, window by window.
//!
//! A unit is priced by its place among all units of its window, in the order in which they were delivered. What stays as
//! it was billed keeps the places that it was billed for; the others take those that are left.

use std::collections::BTreeMap;

use calendar::Days;
use jiff::civil::Date;
use money::{MoneyError, Rate};
use rust_decimal::Decimal;

use super::{
    LineKind, RatingError,
    bucket::free,
    cell::Placed,
    metered::{Meter, Piece},
    places::Places,
    price::Step,
    settle::Stays,
};
use crate::pricing::Through;

/// The windows of a line, while its cells are priced in their order.
pub(super) struct Tiering<'a> {
    meter: &'a Meter<'a>,
    through: Through,
    /// How often bounds and flat amounts are allowed by now.
    times: Decimal,
    windows: BTreeMap<Date, Usage>,
}

/// What was used in a window.
#[derive(Default)]
struct Usage {
    places: Places,
    /// All units that bill.
    total: Decimal,
    /// Units up to the cell that is priced.
    to_date: Decimal,
    /// Packages, or money of fees, that are charged up to it or stay charged.
    charged: Decimal,
    /// The cells that are charged fees, by their numbers.
    charging: Vec<usize>,
}

impl Usage {
    /// Takes the fees that are charged above this off the cells that are charged them, the latest first.
    fn give_back(&mut self, reached: Decimal, fees: &mut [Decimal]) {
        for number in self.charging.iter().rev() {
            let back = fees[*number].min((self.charged - reached).max(Decimal::ZERO));
            fees[*number] -= back;
            self.charged -= back;
        }
    }
}

impl<'a> Tiering<'a> {
    /// Before the first cell. `within` are the units of each cell that its cap leaves.
    pub(super) fn of(
        meter: &'a Meter<'_>,
        stays: &Stays<'_>,
        within: &[Decimal],
    ) -> Result<Self, RatingError> {
        let (through, times) =
            (meter.metered.model.through(), meter.periods.times(meter.metered.tier_window));
        let mut tiering = Self { meter, through, times, windows: BTreeMap::new() };
        if through == Through::OnePrice {
            return Ok(tiering);
        }
        for (cell, within) in meter.cells.iter().zip(within) {
            let usage = tiering.window(cell.origin)?;
            usage.total = plus(usage.total, *within)?;
        }
        tiering.open()?;
        tiering.keep(stays)?;
        Ok(tiering)
    }

    /// What another system has billed was used first, and its fees and packages are charged.
    fn open(&mut self) -> Result<(), RatingError> {
        for opening in self.meter.openings.iter() {
            let terms = self.meter.metered.terms_on(opening.origin.first());
            let charged = match (self.through, terms) {
                (Through::Packages, _) => packages(opening.units, self.meter.metered.package()?)?,
                (Through::FeeOfTier | Through::Volume, Some(terms)) => {
                    fee(&terms.steps(self.times)?, opening.units).value() * self.times
                }
                (Through::OnePrice | Through::Graduated | Through::FeeOfTier | Through::Volume, _) => {
                    Decimal::ZERO
                }
            };
            let usage = self.window(opening.origin)?;
            usage.places.take(opening.units);
            usage.total = plus(usage.total, opening.units)?;
            usage.to_date = plus(usage.to_date, opening.units)?;
            usage.charged = plus(usage.charged, charged)?;
        }
        Ok(())
    }

    fn keep(&mut self, stays: &Stays<'_>) -> Result<(), RatingError> {
        for (bucket, units) in stays.kept() {
            let (places, charged) = match bucket.kind {
                LineKind::Delivery if self.through == Through::Packages => (Decimal::ZERO, units),
                LineKind::Delivery => (units, Decimal::ZERO),
                LineKind::TierFee => (Decimal::ZERO, times(units, bucket.rate.value())?),
                LineKind::SchedulePart
                | LineKind::Spots
                | LineKind::Makegood
                | LineKind::Expenses
                | LineKind::Minimum
                | LineKind::TrueUp
                | LineKind::Rebate
                | LineKind::AdCredit
                | LineKind::OverDelivery => continue,
            };
            let terms = self.meter.metered.terms_on(bucket.segment_first);
            let steps = match (self.through, terms) {
                (Through::Graduated, Some(terms)) => terms.steps(self.times)?,
                (Through::Graduated, None) => Vec::new(),
                (Through::OnePrice | Through::Volume | Through::FeeOfTier | Through::Packages, _) => {
                    Vec::new()
                }
            };
            let usage = self.window(bucket.origin)?;
            usage.places.keep(places, steps.iter().find(|step| step.rate == bucket.rate));
            usage.total = plus(usage.total, places)?;
            usage.charged = plus(usage.charged, charged)?;
        }
        Ok(())
    }

    fn window(&mut self, origin: Days) -> Result<&mut Usage, RatingError> {
        let key = self.meter.periods.key(self.meter.metered.tier_window, origin)?;
        Ok(self.windows.entry(key).or_default())
    }

    /// What each cell is charged in fees of the tiers that are reached. Where such a tier costs less than one before it, what
    /// was charged too much comes off the cells that were charged it, the latest first. What stays as it was billed, and what
    /// another system has billed, stays charged: no other cell gives it back.
    pub(super) fn fees(
        &mut self,
        stays: &Stays<'_>,
        within: &[Decimal],
    ) -> Result<Vec<Decimal>, RatingError> {
        let (meter, often) = (self.meter, self.times);
        let mut fees = vec![Decimal::ZERO; within.len()];
        if !matches!(self.through, Through::FeeOfTier | Through::Volume) {
            return Ok(fees);
        }
        for (number, (cell, within)) in meter.cells.iter().zip(within).enumerate() {
            let usage = self.window(cell.origin)?;
            if stays.has(cell.origin) {
                usage.to_date = plus(usage.to_date, cell.units)?;
            } else if !within.is_zero() {
                let steps = cell.terms.steps(often)?;
                let before = times(fee(&steps, usage.to_date).value(), often)?;
                usage.to_date = plus(usage.to_date, *within)?;
                let reached = times(fee(&steps, usage.to_date).value(), often)?;
                if reached > usage.charged {
                    fees[number] = reached - usage.charged;
                    usage.charged = reached;
                    usage.charging.push(number);
                } else if reached < before {
                    usage.give_back(reached, &mut fees);
                }
            }
        }
        Ok(fees)
    }

    /// Goes past a cell that stays as it was billed: it has been used.
    pub(super) fn pass(&mut self, cell: &Placed<'_>) -> Result<(), RatingError> {
        if self.through == Through::Packages {
            let usage = self.window(cell.origin)?;
            usage.to_date = plus(usage.to_date, cell.units)?;
        }
        Ok(())
    }

    /// The pieces of the next cell, of which so many units are within the cap, and which is charged this fee.
    pub(super) fn pieces(
        &mut self,
        cell: &Placed<'_>,
        within: Decimal,
        fee: Decimal,
    ) -> Result<Vec<Piece>, RatingError> {
        if within.is_zero() {
            return Ok(Vec::new());
        }
        Ok(match self.through {
            Through::OnePrice => vec![self.delivery(within, cell.terms.rate()?)],
            Through::Graduated => self.graduated(cell, within)?,
            Through::Volume => {
                let total = self.window(cell.origin)?.total;
                let steps = cell.terms.steps(self.times)?;
                let rate = reached(&steps, total).map_or_else(free, |step| step.rate);
                let delivery = self.delivery(within, rate);
                [Some(delivery), fee_of_tier(fee)?].into_iter().flatten().collect()
            }
            Through::FeeOfTier => fee_of_tier(fee)?.into_iter().collect(),
            Through::Packages => self.packages(cell, within)?.into_iter().collect(),
        })
    }

    fn delivery(&self, units: Decimal, rate: Rate) -> Piece {
        Piece { kind: LineKind::Delivery, units, rate, price_base: self.meter.metered.price_base() }
    }

    /// Each unit at the price of the tier of its place, and the flat amount of each tier that is entered.
    fn graduated(&mut self, cell: &Placed<'_>, within: Decimal) -> Result<Vec<Piece>, RatingError> {
        let steps = cell.terms.steps(self.times)?;
        let spans = self.window(cell.origin)?.places.take(within);
        let mut pieces = Vec::new();
        for (from, to) in spans {
            for step in &steps {
                let upper = step.up_to.map_or(to, |up_to| to.min(up_to));
                let lower = from.max(step.above);
                if lower < upper {
                    pieces.push(self.delivery(upper - lower, step.rate));
                }
                let entered = from <= step.above && step.above < to;
                if let Some(flat) = step.flat.filter(|flat| entered && !flat.value().is_zero()) {
                    pieces.push(tier_fee(self.times, flat));
                }
            }
        }
        Ok(pieces)
    }

    /// The packages that the units to date begin and that are not charged yet.
    fn packages(&mut self, cell: &Placed<'_>, within: Decimal) -> Result<Option<Piece>, RatingError> {
        let size = self.meter.metered.package()?;
        let usage = self.window(cell.origin)?;
        usage.to_date = plus(usage.to_date, within)?;
        let more = packages(usage.to_date, size)? - usage.charged;
        if more <= Decimal::ZERO {
            return Ok(None);
        }
        usage.charged = plus(usage.charged, more)?;
        Ok(Some(self.delivery(more, cell.terms.rate()?)))
    }
}

/// The tier that so many units reach; none where there are none.
fn reached(steps: &[Step], units: Decimal) -> Option<&Step> {
    steps.iter().find(|step| step.above < units && step.up_to.is_none_or(|up_to| units <= up_to))
}

/// The flat amount of the tier that so many units reach.
fn fee(steps: &[Step], units: Decimal) -> Rate {
    reached(steps, units).and_then(|step| step.flat).unwrap_or_else(free)
}

/// A fee as one of it; none where it comes to nothing.
fn fee_of_tier(fee: Decimal) -> Result<Option<Piece>, MoneyError> {
    let rate = Rate::of(fee).map_err(|_| MoneyError::Overflow)?;
    Ok((!fee.is_zero()).then(|| tier_fee(Decimal::ONE, rate)))
}

fn tier_fee(units: Decimal, rate: Rate) -> Piece {
    Piece { kind: LineKind::TierFee, units, rate, price_base: 1 }
}

/// Begun packages.
fn packages(units: Decimal, size: Decimal) -> Result<Decimal, RatingError> {
    Ok(units.checked_div(size).ok_or(MoneyError::Overflow)?.ceil())
}

fn plus(one: Decimal, other: Decimal) -> Result<Decimal, MoneyError> {
    one.checked_add(other).ok_or(MoneyError::Overflow)
}

fn times(one: Decimal, other: Decimal) -> Result<Decimal, MoneyError> {
    one.checked_mul(other).ok_or(MoneyError::Overflow)
}
