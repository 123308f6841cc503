//! Where a line is taxed that is seen in several places: each bills its share, and the shares are the line.

use std::cmp::Reverse;
use std::collections::HashMap;

use ids::LineId;
use jiff::civil::Date;
use money::{Currency, Exact, MoneyError, Remainder};
use rust_decimal::Decimal;

use super::Place;
use crate::rating::{RatedItem, Unit, apportion};

/// How much of a line was seen in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceShare {
    pub place: Place,
    /// Above 0.
    pub impressions: i64,
}

/// Where a line is taxed: for each day from which it holds, at least one share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// By day, the earliest first.
    pub from: Vec<(Date, Vec<PlaceShare>)>,
}

impl Allocation {
    fn on(&self, day: Date) -> Option<&[PlaceShare]> {
        self.from.iter().rev().find(|(from, _)| *from <= day).map(|(_, shares)| &shares[..])
    }
}

/// Where the lines of an account are taxed.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// Where nothing else is said.
    pub otherwise: &'a Place,
    pub lines: &'a HashMap<LineId, Allocation>,
}

impl Places<'_> {
    /// Whether it is known where a line was seen by a day; else it is taxed where its buyer is.
    pub fn knows(self, line: LineId, day: Date) -> bool {
        self.lines.get(&line).and_then(|allocation| allocation.on(day)).is_some()
    }

    /// The item in its places. What is one piece in all of them has the item's entry; what is added is numbered by `next`.
    pub(crate) fn parts(
        self,
        (line, day): (LineId, Date),
        item: &RatedItem,
        remainder: Remainder,
        next: &mut u32,
    ) -> Result<Vec<(Place, RatedItem)>, MoneyError> {
        let shares = self.lines.get(&line).and_then(|allocation| allocation.on(day));
        let whole = |place: &Place| Ok(vec![(place.clone(), item.clone())]);
        let Some(shares) = shares else { return whole(self.otherwise) };
        let quantities = quantities(item, shares, remainder)?;
        let seen: Vec<_> =
            shares.iter().zip(quantities).filter(|(_, quantity)| !quantity.is_zero()).collect();
        let [_, _, ..] = &seen[..] else {
            return whole(seen.first().map_or(self.otherwise, |(share, _)| &share.place));
        };
        let currency = item.gross.currency();
        let exact: Result<Vec<Exact>, _> =
            seen.iter().map(|(_, quantity)| worth(item, *quantity, currency)).collect();
        let grosses = apportion(item.gross, &exact?, remainder)?;
        let mut parts = Vec::with_capacity(seen.len());
        for ((share, quantity), gross) in seen.into_iter().zip(grosses) {
            let mut part = RatedItem { quantity, gross, ..item.clone() };
            if !parts.is_empty() {
                // The spots stand with the first part, and each part makes an entry of its own.
                part.airings = Vec::new();
                *next = next.checked_add(1).ok_or(MoneyError::Overflow)?;
                part.entry = *next;
            }
            parts.push((share.place.clone(), part));
        }
        Ok(parts)
    }
}

fn worth(item: &RatedItem, quantity: Decimal, currency: Currency) -> Result<Exact, MoneyError> {
    item.bucket.worth(quantity, currency)
}

/// Parts of an item's quantity by the impressions of the places, by largest remainder: they sum to it.
fn quantities(
    item: &RatedItem,
    shares: &[PlaceShare],
    remainder: Remainder,
) -> Result<Vec<Decimal>, MoneyError> {
    let mut quantity = item.quantity;
    quantity.rescale(decimals(item.unit).max(quantity.normalize().scale()));
    let (units, scale) = (quantity.mantissa(), quantity.scale());
    let total: i128 = shares.iter().map(|share| i128::from(share.impressions)).sum();
    let mut parts = Vec::with_capacity(shares.len());
    for share in shares {
        let share = units.checked_mul(i128::from(share.impressions)).ok_or(MoneyError::Overflow)?;
        parts.push((share.div_euclid(total), share.rem_euclid(total)));
    }
    let odd = units - parts.iter().map(|(part, _)| part).sum::<i128>();
    let mut takers: Vec<usize> = (0..parts.len()).collect();
    if remainder == Remainder::Last {
        takers.reverse();
    }
    takers.sort_by_key(|taker| Reverse(parts[*taker].1));
    for taker in takers.into_iter().take(usize::try_from(odd).map_err(|_| MoneyError::Overflow)?) {
        parts[taker].0 += 1;
    }
    let decimal = |part| Decimal::try_from_i128_with_scale(part, scale).map_err(|_| MoneyError::Overflow);
    parts.into_iter().map(|(part, _)| decimal(part).map(|part| part.normalize())).collect()
}

/// How finely a quantity is divided: what is counted in masses stays whole.
fn decimals(unit: Unit) -> u32 {
    match unit {
        Unit::Impression | Unit::ViewableImpression | Unit::Click | Unit::View | Unit::CompletedView => 0,
        Unit::Spot
        | Unit::Fee
        | Unit::Action
        | Unit::Day
        | Unit::Spend
        | Unit::Hour
        | Unit::Package
        | Unit::Seat => 6,
    }
}
