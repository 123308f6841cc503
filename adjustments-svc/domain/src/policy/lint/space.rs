//! Every case that the rows can tell apart.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    finding::{Findings, Rule},
    sweep::{self, Slabs},
};
use crate::{
    policy::{Interval, Policy, ROWS_MAX, Row, evaluate::Required},
    subject::{Cause, SubjectKind},
};

const WORDS: usize = ROWS_MAX / 64;

/// A set of rows, by their places in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Rows([u64; WORDS]);

impl Rows {
    fn of(policy: &Policy, is_in: impl Fn(&Row) -> bool) -> Self {
        let mut rows = Self::default();
        for (place, _) in policy.rows.iter().enumerate().filter(|(_, row)| is_in(row)) {
            rows.add(place);
        }
        rows
    }

    pub(super) fn add(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.0[place / 64] & (1 << (place % 64)) != 0
    }

    fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }
}

/// What the walk has come across.
#[derive(Default)]
pub(super) struct Seen {
    /// Rows that make a difference somewhere.
    pub useful: Rows,
    /// Everything that is ever asked for.
    pub required: HashSet<Required>,
}

/// Where the walk is, in words.
pub(super) struct Place<'a> {
    kinds: &'a str,
    causes: &'a str,
    entities: &'a str,
    share: Interval,
    age_days: Interval,
}

impl Place<'_> {
    /// The case of an interval of amounts.
    pub(super) fn with(&self, amount: Interval) -> String {
        let Self { kinds, causes, entities, share, age_days } = self;
        format!(
            "{kinds}, cause {causes}, entity {entities}, amount {amount}, pct_of_invoice {share} hundredths, age_days {age_days}"
        )
    }
}

/// Walks through every case once.
pub(super) fn walk(policy: &Policy, found: &mut Findings) -> Seen {
    let (mut seen, mut walked) = (Seen::default(), HashSet::new());
    let slabs = Slabs::of(policy);
    let all = Rows::of(policy, |_| true);
    for (kinds, of_kinds) in classes(kinds(policy), all) {
        for (causes, of_causes) in classes(causes(policy), of_kinds) {
            for (entities, of_entities) in classes(entities(policy), of_causes) {
                for (share, of_share) in cut(policy, of_entities, |row| row.share) {
                    for (age_days, rows) in cut(policy, of_share, |row| row.age_days) {
                        // The same rows again say the same again.
                        if walked.insert(rows) {
                            let (kinds, causes, entities) = (&kinds, &causes, &entities);
                            let place = Place { kinds, causes, entities, share, age_days };
                            sweep::sweep(policy, &slabs, (rows, &place), (&mut seen, &mut *found));
                        }
                    }
                }
            }
        }
    }
    for (place, row) in policy.rows.iter().enumerate().filter(|(place, _)| !seen.useful.has(*place)) {
        let nobody = walked.iter().all(|rows| !rows.has(place));
        let why = if nobody { "no case reaches it" } else { "wherever it fits, other rows ask for as much" };
        found.add(
            Rule::DeadRow,
            &[&row.id],
            format!("{} never makes a difference: {why}; drop it or narrow the others", row.id),
        );
    }
    seen
}

type Named = Vec<(String, Rows)>;

fn kinds(policy: &Policy) -> Named {
    let rows = |kind: &SubjectKind| Rows::of(policy, |row| row.kinds.is_empty() || row.kinds.contains(kind));
    SubjectKind::ALL.iter().map(|kind| (kind.to_string(), rows(kind))).collect()
}

fn causes(policy: &Policy) -> Named {
    let rows = |cause: &Cause| Rows::of(policy, |row| row.causes.is_empty() || row.causes.contains(cause));
    let none = ("none".to_owned(), Rows::of(policy, |row| row.causes.is_empty()));
    Cause::ALL.iter().map(|cause| (cause.to_string(), rows(cause))).chain([none]).collect()
}

fn entities(policy: &Policy) -> Named {
    let named: BTreeSet<&String> = policy.rows.iter().flat_map(|row| &row.entities).collect();
    let rows =
        |entity: &String| Rows::of(policy, |row| row.entities.is_empty() || row.entities.contains(entity));
    let other = ("any other".to_owned(), Rows::of(policy, |row| row.entities.is_empty()));
    named.into_iter().map(|entity| (entity.clone(), rows(entity))).chain([other]).collect()
}

/// The values of a column that the same of these rows speak of, together.
fn classes(column: Named, within: Rows) -> Vec<(String, Rows)> {
    let count = column.len();
    let mut classes: BTreeMap<Rows, Vec<String>> = BTreeMap::new();
    for (name, rows) in column {
        classes.entry(rows.and(within)).or_default().push(name);
    }
    let name = |names: Vec<String>| if names.len() == count { "any".to_owned() } else { names.join(" | ") };
    classes.into_iter().map(|(rows, names)| (name(names), rows)).collect()
}

/// A numeric column cut at every bound of these rows; parts that the same rows fit are one where they meet.
fn cut(policy: &Policy, within: Rows, column: impl Fn(&Row) -> Interval) -> Vec<(Interval, Rows)> {
    let placed = || policy.rows.iter().enumerate().filter(|(place, _)| within.has(*place));
    let mut bounds: Vec<u128> =
        placed().flat_map(|(_, row)| [Some(column(row).from), column(row).to]).flatten().chain([0]).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let ends = bounds.iter().skip(1).copied().map(Some).chain([None]);
    let mut parts: Vec<(Interval, Rows)> = Vec::new();
    for (from, to) in bounds.iter().copied().zip(ends) {
        let mut rows = Rows::default();
        for (place, _) in placed().filter(|(_, row)| column(row).has(from)) {
            rows.add(place);
        }
        match parts.last_mut() {
            Some((part, same)) if *same == rows => part.to = to,
            _ => parts.push((Interval { from, to }, rows)),
        }
    }
    parts
}
