//! The places 0 to ∞ that the units of a window have.

use rust_decimal::Decimal;

use super::price::Step;

/// The places that no unit has yet: in order, without an end.
pub(super) struct Places(Vec<(Decimal, Option<Decimal>)>);

impl Default for Places {
    fn default() -> Self {
        Self(vec![(Decimal::ZERO, None)])
    }
}

impl Places {
    /// Gives so many units the first places that are free; answers which.
    pub(super) fn take(&mut self, units: Decimal) -> Vec<(Decimal, Decimal)> {
        self.take_within(Decimal::ZERO, None, units)
    }

    /// Gives units that stay as they were billed their places: those of their tier, where there is one and it has any
    /// left, and else the first.
    pub(super) fn keep(&mut self, units: Decimal, tier: Option<&Step>) {
        let taken = tier.map(|tier| self.take_within(tier.above, tier.up_to, units));
        let taken = taken.into_iter().flatten().fold(Decimal::ZERO, |sum, (from, to)| sum + (to - from));
        self.take(units - taken);
    }

    fn take_within(
        &mut self,
        above: Decimal,
        up_to: Option<Decimal>,
        units: Decimal,
    ) -> Vec<(Decimal, Decimal)> {
        let (mut left, mut taken, mut free) = (units, Vec::new(), Vec::with_capacity(self.0.len() + 1));
        for (from, to) in self.0.drain(..) {
            let start = from.max(above);
            let fits = [Some(start + left), to, up_to].into_iter().flatten().min().unwrap_or(start);
            if left <= Decimal::ZERO || fits <= start {
                free.push((from, to));
                continue;
            }
            if from < start {
                free.push((from, Some(start)));
            }
            taken.push((start, fits));
            left -= fits - start;
            if to.is_none_or(|to| fits < to) {
                free.push((fits, to));
            }
        }
        self.0 = free;
        taken
    }
}
