//! What makegoods cost beyond what is owed. It bills nothing until somebody has decided: then it bills, or it is free. A decision
//! is about an amount of a billing period; what comes to be beyond later is asked anew.

use std::collections::BTreeMap;

use calendar::Days;
use ids::AiringId;
use jiff::civil::Date;
use money::{Exact, Money, Rate};
use rust_decimal::Decimal;

use super::{
    Airing, AiringStatus, LineToRate, Makegood, Pricing, RatingError, Segment, opening::Openings,
    spot::in_order,
};

/// What was decided on a billing period of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The first day of the period, as it was then.
    pub origin_first: Date,
    /// So much bills.
    pub bills: Decimal,
    /// So much is free.
    pub free: Decimal,
}

/// What of a billing period waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    pub origin: Days,
    /// Above zero.
    pub amount: Money,
    /// Of so many spots.
    pub spots: usize,
}

/// What a makegood bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bills {
    pub(super) rate: Rate,
    /// All of it is beyond what is owed and waits, and no document has shown it yet.
    pub(super) waits: bool,
}

/// What the makegoods among spots bill, and what of each period waits.
#[derive(Default)]
pub(super) struct Makegoods {
    pub(super) bills: BTreeMap<AiringId, Bills>,
    waiting: BTreeMap<Days, (Decimal, usize)>,
}

/// What of a line's makegoods is beyond what is owed and waits for a decision, by period.
pub fn excess(line: &LineToRate) -> Result<Vec<Excess>, RatingError> {
    let Pricing::PerSpot { segments, airings, decided, .. } = &line.pricing else { return Ok(Vec::new()) };
    if airings.iter().all(|airing| airing.makegood.as_ref().is_none_or(|makegood| makegood.beyond.is_zero()))
    {
        return Ok(Vec::new());
    }
    let spots = in_order(line, segments, airings, Openings::of(line)?)?;
    let makegoods = Makegoods::of(line, spots.iter().map(|spot| (spot.airing(), spot.segment())), decided)?;
    let mut found = Vec::new();
    for (origin, (amount, spots)) in makegoods.waiting {
        let amount = Exact::of(line.currency, amount).round(line.rounding)?;
        if amount.is_positive() {
            found.push(Excess { origin, amount, spots });
        }
    }
    Ok(found)
}

impl Makegoods {
    /// Of spots in the order in which they aired.
    pub(super) fn of<'a>(
        line: &LineToRate,
        spots: impl Iterator<Item = (&'a Airing, &'a Segment)>,
        decided: &[Decided],
    ) -> Result<Self, RatingError> {
        let mut pools: BTreeMap<Days, (Decimal, Decimal)> = BTreeMap::new();
        for decided in decided {
            let (bills, free) = pools.entry(line.origin_of(decided.origin_first)).or_default();
            *bills += decided.bills;
            *free += decided.free;
        }
        let mut makegoods = Self::default();
        for (airing, segment) in spots {
            let Some(makegood) = &airing.makegood else { continue };
            let origin = line.origin_of(airing.day);
            let (bills, free) = pools.entry(origin).or_default();
            let billed = take(bills, makegood.beyond);
            let waiting = makegood.beyond - billed - take(free, makegood.beyond - billed);
            let rate = owed(airing, segment, makegood)? + billed;
            let rate = Rate::of(rate.max(Decimal::ZERO)).map_err(|_| money::MoneyError::Overflow)?;
            let is_shown = airing.billed_as.is_some() || airing.status != AiringStatus::Aired;
            let waits =
                waiting > Decimal::ZERO && rate.value().is_zero() && makegood.free.is_zero() && !is_shown;
            makegoods.bills.insert(airing.id, Bills { rate, waits });
            if waiting > Decimal::ZERO {
                let (amount, spots) = makegoods.waiting.entry(origin).or_default();
                *amount += waiting;
                *spots += 1;
            }
        }
        Ok(makegoods)
    }
}

/// What it bills in any case: what it makes good that was never billed.
fn owed(airing: &Airing, segment: &Segment, makegood: &Makegood) -> Result<Decimal, RatingError> {
    let missing = RatingError::RateMissing { airing: airing.id, day: airing.day };
    let rate = airing.rate.or(segment.rate).ok_or(missing)?;
    Ok(rate.value() - makegood.free - makegood.beyond)
}

fn take(pool: &mut Decimal, wanted: Decimal) -> Decimal {
    let taken = wanted.min(*pool);
    *pool -= taken;
    taken
}
