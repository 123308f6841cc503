//! What was expected against what came out. Nothing is summed here: each figure is one that the service gave.

use std::{collections::BTreeMap, fmt};

use super::expected::Figures;

/// A comparison of one kind of thing.
#[derive(Debug)]
pub struct Comparison {
    /// How many came out as expected.
    pub matched: usize,
    /// How many were expected.
    pub expected: usize,
    /// What did not come out as expected.
    pub misses: Vec<Miss>,
    /// What nobody expected.
    pub unexpected: Vec<Miss>,
}

/// Something that is not as expected.
#[derive(Debug, PartialEq, Eq)]
pub struct Miss {
    /// What it is.
    pub what: String,
    /// `None`: it should not be there.
    pub expected: Option<Figures>,
    /// `None`: it is not there.
    pub got: Option<Figures>,
}

/// Compares by key. A key that came out twice is unexpected the second time.
pub fn compare<K: Ord>(
    expected: &[(K, Figures)],
    got: Vec<(K, Figures)>,
    name: impl Fn(&K) -> String,
) -> Comparison {
    let mut left: BTreeMap<K, Vec<Figures>> = BTreeMap::new();
    for (key, figures) in got {
        left.entry(key).or_default().push(figures);
    }
    let mut comparison =
        Comparison { matched: 0, expected: expected.len(), misses: Vec::new(), unexpected: Vec::new() };
    for (key, expected) in expected {
        // Where several came out under the key, the one that is right counts.
        let got = left.get_mut(key).filter(|got| !got.is_empty()).map(|got| {
            let right = got.iter().position(|got| got == expected);
            got.remove(right.unwrap_or(0))
        });
        if got.as_ref() == Some(expected) {
            comparison.matched += 1;
        } else {
            comparison.misses.push(Miss { what: name(key), expected: Some(*expected), got });
        }
    }
    for (key, figures) in left {
        let unexpected =
            figures.into_iter().map(|got| Miss { what: name(&key), expected: None, got: Some(got) });
        comparison.unexpected.extend(unexpected);
    }
    comparison
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.matched, self.expected)
    }
}
