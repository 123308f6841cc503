//! Parts of a schedule, made once: they sum to the whole, and each is within a minor unit of its share.

use std::cmp::Reverse;
use std::num::NonZeroU32;

use rust_decimal::Decimal;

use crate::{Money, MoneyError, decimal};

/// Where the odd minor units go when shares are alike; a setting of the billing entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Remainder {
    /// To the first parts: 10,000 in three is 3,333.34, 3,333.33, 3,333.33.
    #[default]
    First,
    /// To the last parts: 10,000 in three is 3,333.33, 3,333.33, 3,333.34.
    Last,
}

impl Money {
    /// The amount in `count` parts that differ by at most one minor unit.
    pub fn split_evenly(self, count: NonZeroU32, remainder: Remainder) -> Vec<Self> {
        let (count, magnitude, sign) = (i128::from(count.get()), self.minor().abs(), self.minor().signum());
        let (share, odd) = (magnitude / count, magnitude % count);
        let part = |part| {
            let takes_one = match remainder {
                Remainder::First => part < odd,
                Remainder::Last => part >= count - odd,
            };
            self.with_minor(sign * (share + i128::from(takes_one)))
        };
        (0..count).map(part).collect()
    }

    /// The amount in parts by weight, by largest remainder; of equal remainders, the first or the last takes the odd unit.
    ///
    /// Weights are not negative and not all zero. The digits of the amount and of the sum of the weights, brought to
    /// one scale, are at most 38 together; beyond that it is an overflow.
    pub fn allocate(self, weights: &[Decimal], remainder: Remainder) -> Result<Vec<Self>, MoneyError> {
        let weights = whole_numbers(weights)?;
        let total = weights.iter().try_fold(0_i128, |sum, weight| sum.checked_add(*weight));
        let total = total.ok_or(MoneyError::Overflow)?;
        if total == 0 {
            return Err(MoneyError::NoWeight);
        }
        let (magnitude, sign) = (self.minor().abs(), self.minor().signum());
        let mut shares = Vec::with_capacity(weights.len());
        let mut rests = Vec::with_capacity(weights.len());
        for weight in weights {
            let product = magnitude.checked_mul(weight).ok_or(MoneyError::Overflow)?;
            shares.push(product / total);
            rests.push(product % total);
        }
        let odd = magnitude - shares.iter().sum::<i128>();
        // Fewer than the parts, because each rest is less than one unit.
        let odd = usize::try_from(odd).map_err(|_| MoneyError::Overflow)?;
        for part in by_rest(&rests, remainder).into_iter().take(odd) {
            shares[part] += 1;
        }
        Ok(shares.into_iter().map(|share| self.with_minor(sign * share)).collect())
    }
}

/// The weights times one power of ten.
fn whole_numbers(weights: &[Decimal]) -> Result<Vec<i128>, MoneyError> {
    if weights.iter().any(|weight| weight.mantissa() < 0) {
        return Err(MoneyError::NoWeight);
    }
    let weights: Vec<Decimal> = weights.iter().map(Decimal::normalize).collect();
    let scale = weights.iter().map(Decimal::scale).max().ok_or(MoneyError::NoWeight)?;
    weights.into_iter().map(|weight| decimal::rescaled(weight, scale)).collect()
}

/// The parts in the order in which they take an odd unit.
fn by_rest(rests: &[i128], remainder: Remainder) -> Vec<usize> {
    let mut parts: Vec<usize> = (0..rests.len()).collect();
    match remainder {
        Remainder::First => {}
        Remainder::Last => parts.reverse(),
    }
    // The sort is stable: of equal rests, the order above decides.
    parts.sort_by_key(|part| Reverse(rests[*part]));
    parts
}
