//! Units by position of the ledger, and what they are worth.

use std::collections::BTreeMap;

use calendar::Days;
use money::{Currency, Exact, MoneyError};
use rust_decimal::Decimal;

use super::Bucket;

/// How many units stand where.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally(BTreeMap<Bucket, Decimal>);

impl Tally {
    pub(super) fn add(&mut self, bucket: Bucket, units: Decimal) -> Result<(), MoneyError> {
        let sum = self.0.entry(bucket).or_insert(Decimal::ZERO);
        *sum = sum.checked_add(units).ok_or(MoneyError::Overflow)?;
        Ok(())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Bucket, Decimal)> {
        self.0.iter().map(|(bucket, units)| (*bucket, *units))
    }

    /// These units and those.
    pub(super) fn with(mut self, more: impl Iterator<Item = (Bucket, Decimal)>) -> Result<Self, MoneyError> {
        for (bucket, units) in more {
            self.add(bucket, units)?;
        }
        Ok(self)
    }

    /// The positions for which the test holds.
    pub(super) fn only(mut self, test: impl Fn(Bucket) -> bool) -> Self {
        self.0.retain(|bucket, _| test(*bucket));
        self
    }

    /// The units of the positions for which the test holds.
    pub(super) fn sum(&self, test: impl Fn(Bucket) -> bool) -> Decimal {
        self.iter()
            .filter(|(bucket, _)| test(*bucket))
            .fold(Decimal::ZERO, |sum, (_, units)| sum.saturating_add(units))
    }

    /// How many more units stand here than there, where the two differ.
    pub(super) fn less(&self, other: &Self) -> Result<Self, MoneyError> {
        let mut difference = self.clone();
        for (bucket, units) in other.iter() {
            difference.add(bucket, -units)?;
        }
        difference.0.retain(|_, units| !units.is_zero());
        Ok(difference)
    }

    /// What all of it is worth, exactly.
    pub(super) fn worth(&self, currency: Currency) -> Result<Exact, MoneyError> {
        self.iter()
            .try_fold(Exact::zero(currency), |sum, (bucket, units)| sum.plus(bucket.worth(units, currency)?))
    }

    /// What each origin period is worth, exactly.
    pub(super) fn worth_by_origin(&self, currency: Currency) -> Result<BTreeMap<Days, Exact>, MoneyError> {
        let mut worths = BTreeMap::new();
        for (bucket, units) in self.iter() {
            let worth = worths.entry(bucket.origin).or_insert(Exact::zero(currency));
            *worth = worth.plus(bucket.worth(units, currency)?)?;
        }
        Ok(worths)
    }
}
