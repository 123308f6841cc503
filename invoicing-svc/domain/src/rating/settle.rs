//! The law: a line bills what it is worth to date less what was billed of it before, position by position.
//!
//! A period whose difference is negative stays as it was billed, and so does a period that the run does not take. What
//! stays uses up caps and tiers, and the other periods are counted in what is left of them, which may make one of them
//! stay too. So what came late never bills beside what it displaces from the cap.

use std::collections::{BTreeMap, BTreeSet};

use calendar::Days;
use money::{Exact, Money, MoneyError, Remainder};
use rust_decimal::Decimal;

use super::{
    Basis, Bucket, Change, Held, HeldCause, LineKind, LineToRate, RatedItem, RatingError, apportion,
    tally::Tally,
};

/// What counts as billed before.
pub(super) struct Ledger {
    before: Tally,
    billed: Money,
}

impl Ledger {
    /// What counts as billed before, as units and as money, at the positions that it has under the terms of today. The
    /// units at their prices must explain the money (INV-10), or one more run on top of them would bill the difference
    /// as if it were somebody's delivery.
    pub(super) fn of(line: &LineToRate, today: impl Fn(Bucket) -> Bucket) -> Result<Self, RatingError> {
        let (mut before, mut billed) = (Tally::default(), Money::zero(line.currency));
        for entry in &line.billed_before {
            match entry.basis {
                Basis::Rated | Basis::Correction => {
                    before.add(today(entry.bucket), entry.units)?;
                    billed = billed.plus(entry.gross)?;
                }
                // Openings are counted off by themselves; the others never count.
                Basis::Opening
                | Basis::Commercial
                | Basis::Tax
                | Basis::Makegood
                | Basis::WriteOff
                | Basis::Rebill => {}
            }
        }
        let exact = before.worth(line.currency)?;
        let off = exact.plus(Exact::of(line.currency, billed.negate().amount()))?.amount().abs();
        // Half a minor unit either way: the entity may round otherwise today than it did then.
        if off > Decimal::new(5, line.currency.minor_units() + 1) {
            return Err(RatingError::LedgerBroken { billed, units_at_price: exact.round(line.rounding)? });
        }
        Ok(Self { before, billed })
    }
}

/// The periods that stay as they were billed.
pub(super) struct Stays<'a> {
    origins: BTreeSet<Days>,
    before: &'a Tally,
}

impl Stays<'_> {
    pub(super) fn has(&self, origin: Days) -> bool {
        self.origins.contains(&origin)
    }

    /// What was billed of them.
    pub(super) fn kept(&self) -> impl Iterator<Item = (Bucket, Decimal)> {
        self.before.iter().filter(|(bucket, _)| self.has(bucket.origin))
    }
}

/// What becomes of a period that is worth less than was billed of it. One that is undecided stays as it was billed in any event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Negative {
    /// It stays as it was billed, and the difference is held.
    Held,
    /// It is taken back.
    Billed,
}

/// A line as its ledger would be after the run.
pub(super) struct Settled<E> {
    /// What counting knows of the positions besides.
    pub(super) counted: E,
    /// What stays as it was billed, and what is counted of the rest.
    after: Tally,
    /// After less before.
    change: Tally,
    /// What it would be if everything could be taken back.
    worth: Tally,
    billed: Money,
}

/// Counts until no period that is counted has a negative difference that is to be held. `together` names the period with
/// which a period is netted, which is itself where it stands alone.
pub(super) fn settle<E>(
    line: &LineToRate,
    ledger: &Ledger,
    negative: Negative,
    together: impl Fn(Days) -> Days,
    count: impl Fn(&Stays<'_>) -> Result<(Tally, E), RatingError>,
) -> Result<Settled<E>, RatingError> {
    let before = &ledger.before;
    let (mut counted, mut extra) = count(&Stays { origins: BTreeSet::new(), before })?;
    let later = before.iter().map(|(bucket, _)| bucket.origin).filter(|origin| !line.takes(*origin));
    let mut stays = Stays { origins: later.collect(), before };
    let worth = counted.clone().with(stays.kept())?;
    if !stays.origins.is_empty() {
        (counted, extra) = count(&stays)?;
    }
    loop {
        let after = counted.with(stays.kept())?;
        let change = after.less(before)?;
        if !stay(&mut stays.origins, &change, &together, (line, negative))? {
            return Ok(Settled { counted: extra, after, change, worth, billed: ledger.billed });
        }
        (counted, extra) = count(&stays)?;
    }
}

/// Adds the periods whose difference is negative; whether there are any. Of periods that are netted, and come to less together,
/// those that are worth less themselves: what the others are worth more is due.
fn stay(
    stays: &mut BTreeSet<Days>,
    change: &Tally,
    together: &impl Fn(Days) -> Days,
    (line, negative): (&LineToRate, Negative),
) -> Result<bool, MoneyError> {
    let known = stays.len();
    let worths = change.worth_by_origin(line.currency)?;
    let mut netted: BTreeMap<Days, Exact> = BTreeMap::new();
    for (origin, worth) in &worths {
        let sum = netted.entry(together(*origin)).or_insert(Exact::zero(line.currency));
        *sum = sum.plus(*worth)?;
    }
    let may_stay = |origin: Days| match negative {
        Negative::Held => true,
        Negative::Billed => line.is_undecided(origin),
    };
    let less = worths.iter().filter(|(origin, worth)| {
        may_stay(**origin) && is_negative(worth) && netted.get(&together(**origin)).is_some_and(is_negative)
    });
    stays.extend(less.map(|(origin, _)| *origin));
    Ok(stays.len() > known)
}

fn is_negative(worth: &Exact) -> bool {
    worth.amount() < Decimal::ZERO
}

impl<E> Settled<E> {
    /// The lines of the document: the change of each position, which are together what the line is due, rounded once.
    pub(super) fn items(
        &self,
        line: &LineToRate,
        item: impl Fn(&E, Bucket) -> RatedItem,
    ) -> Result<Vec<RatedItem>, MoneyError> {
        let due = self.after.worth(line.currency)?.round(line.rounding)?.minus(self.billed)?;
        let exact: Result<Vec<Exact>, _> =
            self.change.iter().map(|(bucket, units)| bucket.worth(units, line.currency)).collect();
        let amounts = apportion(due, &exact?, Remainder::First)?;
        let changes = self.change.iter().zip(amounts).enumerate();
        changes
            .map(|(position, ((bucket, quantity), gross))| {
                let entry = line.entry(position)?;
                Ok(RatedItem { quantity, gross, entry, ..item(&self.counted, bucket) })
            })
            .collect()
    }

    /// What the line is worth to date and is not billed, by origin period, with what changed there. Nothing of a period that is
    /// undecided: what it is worth is not known yet.
    pub(super) fn held(
        &self,
        line: &LineToRate,
        cause: impl Fn(&Difference<'_>) -> HeldCause,
    ) -> Result<Vec<Held>, MoneyError> {
        let mut billed = self.after.worth(line.currency)?;
        let changed = self.worth.less(&self.after)?;
        let mut held = Vec::new();
        for (origin, difference) in changed.worth_by_origin(line.currency)? {
            let more = billed.plus(difference)?;
            let amount = more.round(line.rounding)?.minus(billed.round(line.rounding)?)?;
            if !amount.is_zero() && !line.is_undecided(origin) {
                let cause = cause(&Difference { origin, amount, after: &self.after, worth: &self.worth });
                let changes = changed.iter().filter(|(bucket, _)| bucket.origin == origin);
                let changes = changes.map(|(bucket, units)| Change { bucket, units }).collect();
                held.push(Held { origin, amount, cause, changes });
            }
            billed = more;
        }
        Ok(held)
    }
}

/// A period whose worth is not what is billed of it.
pub(super) struct Difference<'a> {
    pub(super) origin: Days,
    /// Worth less billed.
    pub(super) amount: Money,
    after: &'a Tally,
    worth: &'a Tally,
}

impl Difference<'_> {
    /// The period is worth fewer units, of those for which the test holds, than were billed.
    pub(super) fn fewer(&self, test: impl Fn(Bucket) -> bool) -> bool {
        let of_origin = |bucket: Bucket| bucket.origin == self.origin && test(bucket);
        self.worth.sum(of_origin) < self.after.sum(of_origin)
    }

    /// The units of the period for which the test holds, if everything could be taken back.
    pub(super) fn worth(&self, test: impl Fn(Bucket) -> bool) -> Decimal {
        self.worth.sum(|bucket| bucket.origin == self.origin && test(bucket))
    }

    /// Nothing but positions of this kind differs.
    pub(super) fn only(&self, kind: LineKind) -> bool {
        let others =
            |tally: &Tally| tally.clone().only(|bucket| bucket.origin == self.origin && bucket.kind != kind);
        others(self.worth) == others(self.after)
    }
}
