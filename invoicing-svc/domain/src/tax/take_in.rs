use std::collections::HashMap;

use super::{Place, TaxRate, TaxRateRefusal};

/// A rate that a file has, as a new one, with the line of the file.
#[derive(Clone, Debug)]
pub struct Filed {
    pub line: u64,
    pub rate: TaxRate,
}

/// What a file makes of the rates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    pub created: Vec<TaxRate>,
    /// As their next revisions.
    pub updated: Vec<TaxRate>,
    pub unchanged: usize,
}

/// Takes a file of rates in: the rate of a place, tax code and first day that is known becomes as the file says, the others are
/// new. Whole or not at all: what cannot stand beside the others, known or of the file, is answered with its line.
pub fn take_in(known: &[TaxRate], filed: Vec<Filed>) -> Result<TakenIn, Vec<(u64, TaxRateRefusal)>> {
    let mut after: HashMap<(Place, String), Vec<TaxRate>> = HashMap::new();
    for rate in known {
        after.entry(key(rate)).or_default().push(rate.clone());
    }
    let (mut taken, mut lines) = (TakenIn::default(), Vec::new());
    for Filed { line, rate } in filed {
        let beside = after.entry(key(&rate)).or_default();
        let before =
            known.iter().find(|before| key(before) == key(&rate) && before.valid.first == rate.valid.first);
        let seen_before = |id| lines.iter().any(|(_, seen): &(u64, TaxRate)| seen.id == id);
        let rate = match before.filter(|before| !seen_before(before.id)) {
            None => {
                beside.push(rate.clone());
                taken.created.push(rate.clone());
                rate
            }
            Some(before) => {
                let same = TaxRate { id: before.id, revision: before.revision, ..rate };
                beside.retain(|other| other.id != before.id);
                match (same == *before, before.revision.next()) {
                    (true, _) | (false, None) => {
                        taken.unchanged += 1;
                        beside.push(same.clone());
                        same
                    }
                    (false, Some(revision)) => {
                        let next = TaxRate { revision, ..same };
                        beside.push(next.clone());
                        taken.updated.push(next.clone());
                        next
                    }
                }
            }
        };
        lines.push((line, rate));
    }
    let wrong = |(line, rate): &(u64, TaxRate)| Some((*line, rate.check(after.get(&key(rate))?).err()?));
    let wrong: Vec<_> = lines.iter().filter_map(wrong).collect();
    if wrong.is_empty() { Ok(taken) } else { Err(wrong) }
}

fn key(rate: &TaxRate) -> (Place, String) {
    (rate.place.clone(), rate.tax_code.clone())
}
