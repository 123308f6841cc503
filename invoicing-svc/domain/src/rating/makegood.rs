//! Which spots makegoods name. A spot's name is unique within its line; a name that the makegood's own line does not
//! know means the spot of another line of the order, where exactly one has it.

use std::collections::{HashMap, HashSet};

use ids::{LineId, OrderId};

/// A spot as it is known, before it is known what is made good by what.
#[derive(Clone, Copy, Debug)]
pub struct KnownSpot<'a> {
    /// The order of its line.
    pub order: OrderId,
    /// Its line.
    pub line: LineId,
    /// What its source calls it.
    pub name: &'a str,
    /// Whether it aired.
    pub aired: bool,
    /// Whether the latest document that lists it does so for its price or as a makegood, and not as over-delivery at 0.
    pub is_billed: bool,
    /// The names of the spots that it makes good.
    pub makes_good: &'a [String],
}

/// What makegoods mean for a spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeGood {
    /// It makes good what stands on a document already.
    pub missed_was_billed: bool,
    /// It did not air, stands on a document, and a spot that aired makes it good.
    pub made_good_free: bool,
}

/// What makegoods mean for each of the spots, in their order. Of every order that has one of the spots, all are given.
pub fn made_good<'a>(spots: &[KnownSpot<'a>]) -> Vec<MadeGood> {
    let mut lines: HashMap<(OrderId, &str), HashSet<LineId>> = HashMap::new();
    for spot in spots {
        lines.entry((spot.order, spot.name)).or_default().insert(spot.line);
    }
    let named = |makegood: &KnownSpot<'a>| {
        let (order, line) = (makegood.order, makegood.line);
        let named = |name: &'a String| Some((line_of(&lines, order, line, name)?, name.as_str()));
        makegood.makes_good.iter().filter_map(named).collect::<Vec<_>>()
    };
    let billed: HashSet<_> =
        spots.iter().filter(|spot| spot.is_billed).map(|spot| (spot.line, spot.name)).collect();
    let made_good: HashSet<_> = spots.iter().filter(|spot| spot.aired).flat_map(named).collect();
    let of = |spot: &KnownSpot<'a>| MadeGood {
        missed_was_billed: named(spot).iter().any(|missed| billed.contains(missed)),
        made_good_free: !spot.aired && spot.is_billed && made_good.contains(&(spot.line, spot.name)),
    };
    spots.iter().map(of).collect()
}

/// The line whose spot a makegood of `own` means by a name.
fn line_of(
    lines: &HashMap<(OrderId, &str), HashSet<LineId>>,
    order: OrderId,
    own: LineId,
    name: &str,
) -> Option<LineId> {
    let lines = lines.get(&(order, name))?;
    match lines.get(&own) {
        Some(own) => Some(*own),
        None if lines.len() == 1 => lines.iter().next().copied(),
        None => None,
    }
}
