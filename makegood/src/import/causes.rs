//! What was not taken, by its reason: however much it is, what is said of it fits on a screen.

use std::{collections::BTreeMap, fmt};

/// How many of each reason are shown; the others are counted.
const SHOWN: usize = 5;

/// Reasons with what they struck.
#[derive(Debug, Default)]
pub struct Causes(BTreeMap<String, Struck>);

#[derive(Debug, Default)]
struct Struck {
    count: usize,
    first: Vec<String>,
}

impl Causes {
    /// One more that was not taken for this reason.
    pub fn add(&mut self, reason: &str, place: String) {
        let struck = self.0.entry(reason.to_owned()).or_default();
        struck.count += 1;
        if struck.first.len() < SHOWN {
            struck.first.push(place);
        }
    }

    /// How many were not taken.
    pub fn count(&self) -> usize {
        self.0.values().map(|struck| struck.count).sum()
    }

    /// Whether some are counted and not shown.
    pub fn hides_some(&self) -> bool {
        self.0.values().any(|struck| struck.count > struck.first.len())
    }
}

/// Each reason with its number, and the first of its places below it, each on a line that ends.
impl fmt::Display for Causes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (reason, Struck { count, first }) in &self.0 {
            writeln!(f, "  {reason}: {count}")?;
            first.iter().try_for_each(|place| writeln!(f, "    {place}"))?;
            if *count > first.len() {
                writeln!(f, "    and {} more", count - first.len())?;
            }
        }
        Ok(())
    }
}
