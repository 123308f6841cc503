//! Which spots makegoods name. A spot's name is unique within its line; a name that the makegood's own line does not
//! know means the spot of another line of the order, where exactly one has it. A name that no spot has may be printed as line
//! and ordinal, `13.4`: then it means a spot of that line that its source calls made good, or somebody decided so of. Which of
//! several is not printed, and so the highest ordinal is the last of them: those before may have been missed before anything is
//! known here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::KnownSpot;
use crate::delivery::AiringStatus;

/// What a makegood is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target<'a> {
    /// The spot of this index.
    Known(usize),
    /// What is printed, and nobody knows.
    Unknown(&'a str),
}

/// The names in an order.
pub(super) struct Names<'s, 'a> {
    spots: &'s [KnownSpot<'a>],
    by_name: HashMap<&'a str, Vec<usize>>,
    /// What printed names mean.
    printed: HashMap<&'a str, usize>,
}

impl<'s, 'a> Names<'s, 'a> {
    /// The names in an order, of which all spots are given.
    pub(super) fn of(spots: &'s [KnownSpot<'a>]) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, spot) in spots.iter().enumerate() {
            by_name.entry(spot.name).or_default().push(index);
        }
        let mut names = Self { spots, by_name, printed: HashMap::new() };
        names.printed = names.printed();
        names
    }

    /// What a spot makes good, each once. What is passed on means what that was to make good.
    pub(super) fn targets(&self, makegood: usize) -> Vec<Target<'a>> {
        let (mut targets, mut seen, mut open) = (BTreeSet::new(), HashSet::from([makegood]), vec![makegood]);
        while let Some(index) = open.pop() {
            for name in self.spots[index].makes_good {
                match self.exact(index, name).or_else(|| self.printed.get(name.as_str()).copied()) {
                    Some(named) if self.spots[named].passes_on() => {
                        if seen.insert(named) {
                            open.push(named);
                        }
                    }
                    Some(named) => {
                        targets.insert(Target::Known(named));
                    }
                    None => {
                        targets.insert(Target::Unknown(name));
                    }
                }
            }
        }
        targets.into_iter().collect()
    }

    /// What the name of a printed reference is, where the spot is called otherwise.
    pub(super) fn printed_as(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.printed.iter().map(|(name, index)| (*index, *name))
    }

    /// The spot of this name that a makegood means.
    fn exact(&self, makegood: usize, name: &str) -> Option<usize> {
        let named = self.by_name.get(name)?;
        let own = self.spots[makegood].line;
        let of_own = named.iter().find(|index| self.spots[**index].line == own);
        let lines: BTreeSet<_> = named.iter().map(|index| self.spots[*index].line).collect();
        of_own.or_else(|| named.first().filter(|_| lines.len() == 1)).copied()
    }

    fn printed(&self) -> HashMap<&'a str, usize> {
        let (mut printed, mut taken) = (BTreeMap::new(), HashSet::new());
        for (index, spot) in self.spots.iter().enumerate() {
            for name in spot.makes_good {
                match self.exact(index, name) {
                    Some(named) => {
                        taken.insert(named);
                    }
                    None => {
                        if let Some((line, ordinal)) = reference(name) {
                            let names: &mut BTreeSet<(u32, &str)> = printed.entry(line).or_default();
                            names.insert((ordinal, name.as_str()));
                        }
                    }
                }
            }
        }
        let mut found = HashMap::new();
        for (line, names) in printed {
            let mut missed: Vec<usize> = (0..self.spots.len())
                .filter(|index| !taken.contains(index) && is_made_good(&self.spots[*index], line))
                .collect();
            missed.sort_by_key(|index| self.spots[*index].place());
            found.extend(
                names.iter().rev().zip(missed.iter().rev()).map(|((_, name), index)| (*name, *index)),
            );
        }
        found
    }
}

fn is_made_good(spot: &KnownSpot<'_>, line: &str) -> bool {
    let is_made_good = spot.is_decided || spot.status == AiringStatus::MadeGood && !spot.passes_on();
    spot.line_number == line && is_made_good
}

/// Line and ordinal, as they are printed: `13.4`.
fn reference(name: &str) -> Option<(&str, u32)> {
    let (line, ordinal) = name.rsplit_once('.')?;
    Some((line, ordinal.parse().ok()?))
}
