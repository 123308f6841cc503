//! Lines that follow from other lines: what an agreement or an ad credit comes to, less what was billed of it.

use calendar::Days;
use jiff::civil::Date;
use money::{Money, MoneyError, Rate};
use rust_decimal::Decimal;

use super::{
    Basis, Bucket, Change, Held, HeldCause, LineKind, LineToRate, RatedItem, RatedLine, RatingError, Unit,
};

/// What an agreement or an ad credit comes to.
#[derive(Clone, Copy, Debug)]
pub struct Settlement {
    /// Which of those that settle.
    pub kind: LineKind,
    /// To date; below zero where it gives back.
    pub worth: Money,
    /// How much of what is to be given back has its place on documents; never below zero.
    pub placed: Money,
    /// The billing period that it belongs to.
    pub origin: Days,
    /// The last day on which it can be used; absent where it does not end. What ends is used as far as there is room for
    /// it, and not owed.
    pub until: Option<Date>,
}

impl Settlement {
    /// The position of so much, as the price of one unit: the sign is the quantity's.
    pub fn bucket(&self, amount: Money) -> Result<Bucket, MoneyError> {
        let rate = Rate::of(amount.amount().abs()).map_err(|_| MoneyError::Overflow)?;
        let segment_first = self.origin.first();
        Ok(Bucket { origin: self.origin, kind: self.kind, segment_first, rate, price_base: 1 })
    }

    /// A line of a document that bills so much, or gives it back: the `position`th of the line in a run.
    pub fn item(&self, line: &LineToRate, amount: Money, position: usize) -> Result<RatedItem, MoneyError> {
        let quantity = if amount.is_negative() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
        let item = RatedItem::of(line, self.bucket(amount)?, Unit::Fee);
        let entry = line.entry(position)?;
        Ok(RatedItem { quantity, gross: amount, entry, delivered: Some(self.origin), ..item })
    }

    /// So much of it waits for a correction, and is all that the difference is made of.
    pub fn held(&self, amount: Money) -> Result<Held, MoneyError> {
        let changes = vec![Change { bucket: self.bucket(amount)?, units: Decimal::NEGATIVE_ONE }];
        Ok(Held { origin: self.origin, amount, cause: HeldCause::Agreement, changes })
    }
}

/// Bills what is due; of what would take money back, what has its place on documents, and the rest is held.
pub(super) fn rate(line: &LineToRate, settled: &Settlement) -> Result<RatedLine, RatingError> {
    let mut rated = RatedLine { line: line.line, items: Vec::new(), held: Vec::new() };
    let due = settled.worth.minus(billed(line)?)?;
    let most_back = settled.placed.negate();
    let bills = if due.amount() < most_back.amount() { most_back } else { due };
    if !bills.is_zero() {
        rated.items.push(settled.item(line, bills, 0)?);
    }
    let rest = due.minus(bills)?;
    if !rest.is_zero() {
        rated.held.push(settled.held(rest)?);
    }
    Ok(rated)
}

fn billed(line: &LineToRate) -> Result<Money, MoneyError> {
    let counts = line.billed_before.iter().filter(|billed| match billed.basis {
        Basis::Rated | Basis::Correction | Basis::Opening => true,
        Basis::Commercial | Basis::Tax | Basis::Makegood | Basis::WriteOff | Basis::Rebill => false,
    });
    Money::sum(line.currency, counts.map(|billed| billed.gross))
}
