//! What is owed, and what makes it good: by value, in the order in which makegoods aired.

use std::collections::{BTreeMap, HashMap, HashSet};

use ids::{AiringId, OrderId};
use rust_decimal::Decimal;

use super::{
    KnownSpot,
    obligation::{Missed, Obligation, Part},
    resolve::{Names, Target},
};
use crate::delivery::AiringStatus;

/// What is owed for orders.
#[derive(Clone, Debug, Default)]
pub struct Owed<'a> {
    /// By order; of an order by the day that was missed, and what nobody knows at the end.
    pub obligations: Vec<Obligation<'a>>,
    /// What the spots are for that make others good, as far as they aired or stand on a document.
    pub makegoods: HashMap<AiringId, Fulfils>,
    /// What did not air, stands on a document, and is owed to what aired for it: its bill stands.
    pub stands: HashSet<AiringId>,
}

/// What the price of a makegood is for. The rest of it bills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fulfils {
    /// It makes good what stands on a document already.
    pub free: Decimal,
    /// Nobody is owed it.
    pub beyond: Decimal,
}

impl Owed<'_> {
    /// What of the makegoods is beyond all that is owed.
    pub fn beyond(&self) -> Decimal {
        self.makegoods.values().map(|fulfils| fulfils.beyond).sum()
    }
}

/// What is owed. Of every order that has one of the spots, all are given.
pub fn owed<'a>(spots: impl IntoIterator<Item = KnownSpot<'a>>) -> Owed<'a> {
    let mut orders: BTreeMap<OrderId, Vec<KnownSpot<'a>>> = BTreeMap::new();
    for spot in spots {
        orders.entry(spot.order).or_default().push(spot);
    }
    let mut owed = Owed::default();
    for spots in orders.values_mut() {
        spots.sort_by_key(KnownSpot::place);
        of_order(spots, &mut owed);
    }
    owed
}

fn of_order<'a>(spots: &[KnownSpot<'a>], owed: &mut Owed<'a>) {
    let names = Names::of(spots);
    let mut parts: BTreeMap<Target<'a>, Vec<Part>> = BTreeMap::new();
    let fulfils = |spot: &KnownSpot<'_>| !spot.makes_good.is_empty() && (spot.has_aired() || spot.is_billed);
    for (index, makegood) in spots.iter().enumerate().filter(|(_, spot)| fulfils(spot)) {
        let mut rest = makegood.rate.map_or(Decimal::ZERO, |rate| rate.value());
        let mut free = Decimal::ZERO;
        for target in names.targets(index) {
            let missed = known(spots, target);
            if missed.is_some_and(|missed| !is_owed(missed, makegood)) {
                continue;
            }
            let is_free = missed.is_some_and(|missed| missed.is_billed);
            owed.stands.extend(
                missed
                    .filter(|missed| missed.is_billed && !missed.has_aired() && makegood.has_aired())
                    .map(|missed| missed.id),
            );
            let parts = parts.entry(target).or_default();
            let value = missed.and_then(|missed| left(missed, parts)).map_or(rest, |left| left.min(rest));
            if value > Decimal::ZERO {
                rest -= value;
                free += if is_free { value } else { Decimal::ZERO };
                parts.push(Part { by: makegood.id, value, is_free });
            }
        }
        owed.makegoods.insert(makegood.id, Fulfils { free, beyond: rest });
    }
    owed.stands.extend(spots.iter().filter(|spot| spot.stands_by_decision()).map(|spot| spot.id));
    owed.obligations.extend(obligations(spots, &names, parts));
}

fn known<'s, 'a>(spots: &'s [KnownSpot<'a>], target: Target<'_>) -> Option<&'s KnownSpot<'a>> {
    match target {
        Target::Known(index) => Some(&spots[index]),
        Target::Unknown(_) => None,
    }
}

/// Whether what was missed is owed to a makegood: it was not credited, and had not expired when that aired.
fn is_owed(missed: &KnownSpot<'_>, makegood: &KnownSpot<'_>) -> bool {
    let is_missed = match missed.status {
        AiringStatus::Aired => missed.is_decided && missed.id != makegood.id,
        AiringStatus::Credited => false,
        AiringStatus::Unresolved | AiringStatus::MadeGood | AiringStatus::NotAired => true,
    };
    is_missed && !missed.is_credited && missed.expires.is_none_or(|expires| makegood.day <= expires)
}

/// What of it nothing has made good yet; `None`: nobody knows what it would have cost, and all that is for it is owed.
fn left(missed: &KnownSpot<'_>, parts: &[Part]) -> Option<Decimal> {
    let released = missed.released.map_or(Decimal::ZERO, |released| released);
    let fulfilled: Decimal = parts.iter().map(|part| part.value).sum();
    missed.rate.map(|rate| (rate.value() - released - fulfilled).max(Decimal::ZERO))
}

/// What is named, what its source calls made good or somebody decided so of, and what was credited or released.
fn obligations<'a>(
    spots: &[KnownSpot<'a>],
    names: &Names<'_, 'a>,
    mut parts: BTreeMap<Target<'a>, Vec<Part>>,
) -> Vec<Obligation<'a>> {
    let printed: HashMap<usize, &str> = names.printed_as().collect();
    let named: HashSet<usize> = (0..spots.len())
        .flat_map(|index| names.targets(index))
        .filter_map(|target| match target {
            Target::Known(index) => Some(index),
            Target::Unknown(_) => None,
        })
        .collect();
    let mut obligations = Vec::new();
    for (index, spot) in spots.iter().enumerate().filter(|(_, spot)| spot.is_missed()) {
        let is_made_good = spot.is_decided || spot.status == AiringStatus::MadeGood && !spot.passes_on();
        let is_settled = spot.is_credited || spot.released.is_some();
        if is_made_good || is_settled || named.contains(&index) {
            let parts = parts.remove(&Target::Known(index)).into_iter().flatten().collect();
            let missed = Missed::Known { spot: *spot, printed: printed.get(&index).copied() };
            obligations.push(Obligation { order: spot.order, missed, parts });
        }
    }
    for (target, parts) in parts {
        if let (Target::Unknown(name), Some(spot)) = (target, spots.first()) {
            obligations.push(Obligation { order: spot.order, missed: Missed::Unknown(name), parts });
        }
    }
    obligations
}
