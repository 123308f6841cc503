//! The one rounding.

use std::cmp::Ordering;

/// How an exact amount becomes minor units; a setting of the billing entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// A half goes away from zero: 0.125 is 0.13, −0.125 is −0.13.
    #[default]
    HalfAwayFromZero,
    /// A half goes to the even neighbour: 0.125 is 0.12, 0.135 is 0.14.
    HalfEven,
}

impl Rounding {
    /// `numerator` / `denominator`, which is above zero, as a whole number.
    pub(crate) fn quotient(self, numerator: i128, denominator: i128) -> i128 {
        let (towards_zero, rest) = (numerator / denominator, (numerator % denominator).abs());
        let away_from_zero = match rest.cmp(&(denominator - rest)) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => match self {
                Self::HalfAwayFromZero => true,
                Self::HalfEven => towards_zero % 2 != 0,
            },
        };
        if away_from_zero { towards_zero + numerator.signum() } else { towards_zero }
    }
}
