//! Along the amounts of one case, from nothing upwards: rows come in and go out at their bounds.

use std::iter::Peekable;

use super::{
    finding::{Findings, Rule},
    space::{Place, Rows, Seen},
};
use crate::{
    policy::{Interval, Policy, Require, evaluate::Required},
    role::Role,
};

/// Higher numbers of a role are looked at as this one.
const QUORUM_MAX: usize = 9;

/// The rows by the beginnings and by the ends of their amounts.
pub(super) struct Slabs {
    begins: Vec<(u128, usize)>,
    ends: Vec<(u128, usize)>,
}

impl Slabs {
    pub(super) fn of(policy: &Policy) -> Self {
        let rows = || policy.rows.iter().enumerate().filter(|(_, row)| !row.amount.is_empty());
        let mut begins: Vec<_> = rows().map(|(place, row)| (row.amount.from, place)).collect();
        let mut ends: Vec<_> = rows().filter_map(|(place, row)| Some((row.amount.to?, place))).collect();
        begins.sort_unstable();
        ends.sort_unstable();
        Self { begins, ends }
    }
}

/// The rows that fit where the sweep is, by what they ask for.
#[derive(Default)]
struct Fitting {
    rows: usize,
    automatic: Places,
    needs: [[Places; QUORUM_MAX + 1]; Role::COUNT],
}

/// How many rows, and the sum of their places: of one row alone that is its place.
#[derive(Clone, Copy, Default)]
struct Places {
    count: usize,
    sum: usize,
}

impl Places {
    fn alone(self) -> Option<usize> {
        (self.count == 1).then_some(self.sum)
    }

    fn change(&mut self, place: usize, comes: bool) {
        if comes {
            self.count += 1;
            self.sum += place;
        } else {
            self.count -= 1;
            self.sum -= place;
        }
    }
}

impl Fitting {
    fn change(&mut self, policy: &Policy, place: usize, comes: bool) {
        if comes {
            self.rows += 1
        } else {
            self.rows -= 1
        }
        match &policy.rows[place].require {
            Require::Automatic => self.automatic.change(place, comes),
            Require::Approvers(needs) => {
                for need in needs {
                    let quorum = usize::try_from(need.quorum).unwrap_or(QUORUM_MAX).min(QUORUM_MAX);
                    self.needs[need.role.index()][quorum].change(place, comes);
                }
            }
        }
    }

    /// What is asked for, and the rows without which it would be less.
    fn required(&self) -> (Required, impl Iterator<Item = usize>) {
        let asks = |role: usize, quorum: usize| self.needs[role][quorum].count > 0;
        let highest: [usize; Role::COUNT] = std::array::from_fn(|role| {
            (1..=QUORUM_MAX).fold(0, |most, quorum| if asks(role, quorum) { quorum } else { most })
        });
        let required = Required(highest.map(|quorum| u32::try_from(quorum).unwrap_or(u32::MAX)));
        let asked = highest.into_iter().enumerate().filter(|(_, quorum)| *quorum > 0);
        let deciding = asked.filter_map(|(role, quorum)| self.needs[role][quorum].alone());
        (required, deciding.chain(self.automatic.alone().filter(|_| self.rows == 1)))
    }
}

/// Looks at every amount of one case.
pub(super) fn sweep(
    policy: &Policy,
    slabs: &Slabs,
    (rows, place): (Rows, &Place<'_>),
    (seen, found): (&mut Seen, &mut Findings),
) {
    let mut begins = slabs.begins.iter().filter(|(_, row)| rows.has(*row)).peekable();
    let mut ends = slabs.ends.iter().filter(|(_, row)| rows.has(*row)).peekable();
    let (mut fitting, mut below, mut from) = (Fitting::default(), Required::NOTHING, 0);
    loop {
        while let Some((_, row)) = ends.next_if(|(bound, _)| *bound <= from) {
            fitting.change(policy, *row, false);
        }
        while let Some((_, row)) = begins.next_if(|(bound, _)| *bound <= from) {
            fitting.change(policy, *row, true);
        }
        let to = next_bound(&mut begins, &mut ends);
        let amount = Interval { from, to };
        if fitting.rows == 0 {
            found.add(Rule::Gap, &[], format!("no row fits {}; widen one, or add one", place.with(amount)));
        } else {
            below = look(policy, &fitting, (below, &|| place.with(amount)), (&mut *seen, &mut *found));
        }
        match to {
            Some(next) => from = next,
            None => return,
        }
    }
}

fn next_bound<'a>(
    begins: &mut Peekable<impl Iterator<Item = &'a (u128, usize)>>,
    ends: &mut Peekable<impl Iterator<Item = &'a (u128, usize)>>,
) -> Option<u128> {
    [begins.peek(), ends.peek()].into_iter().flatten().map(|(bound, _)| *bound).min()
}

/// One interval of amounts; answers what it asks for.
fn look(
    policy: &Policy,
    fitting: &Fitting,
    (below, place): (Required, &dyn Fn() -> String),
    (seen, found): (&mut Seen, &mut Findings),
) -> Required {
    let (required, deciding) = fitting.required();
    deciding.for_each(|row| seen.useful.add(row));
    seen.required.insert(required);
    let less = Role::ALL.iter().find(|role| required.reaching(**role) < below.reaching(**role));
    if let Some(role) = less {
        let (now, before) = (required.reaching(*role), below.reaching(*role));
        let message = format!(
            "{} asks for {now} of {role} or above, and a lower amount for {before}; a higher amount must not ask for less",
            place()
        );
        found.add(Rule::NotMonotone, &[], message);
    }
    if let Some(row) = fitting.automatic.alone().filter(|_| required != Required::NOTHING) {
        let id = policy.rows[row].id.as_str();
        let message = format!("{id} says AUTO in {}, where other rows ask for somebody; these win", place());
        found.add(Rule::AutomaticOverlap, &[id], message);
    }
    required
}
