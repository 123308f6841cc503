//! Lengths on paper, whole thousandths of a point, so that a layout is the same on every machine.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub};

/// A length in thousandths of a PostScript point (1/72 inch). Arithmetic stops at its ends: they are far off any paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length(i32);

impl Length {
    /// Nothing.
    pub const ZERO: Length = Length(0);

    /// Whole points.
    #[must_use]
    pub const fn pt(points: i32) -> Length {
        Length(points.saturating_mul(1000))
    }

    /// Thousandths of a point.
    #[must_use]
    pub const fn milli(thousandths: i32) -> Length {
        Length(thousandths)
    }

    /// `parts` of `whole` of this length, rounded up, so that what was measured has room.
    #[must_use]
    pub fn fraction(self, parts: i64, whole: i64) -> Length {
        let scaled = i64::from(self.0).saturating_mul(parts);
        Length(i32::try_from(scaled.div_euclid(whole).saturating_add(1)).unwrap_or(i32::MAX))
    }

    /// Thousandths of a point.
    #[must_use]
    pub const fn thousandths(self) -> i32 {
        self.0
    }
}

impl Add for Length {
    type Output = Length;
    fn add(self, other: Length) -> Length {
        Length(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Length {
    fn add_assign(&mut self, other: Length) {
        *self = *self + other;
    }
}

impl Sub for Length {
    type Output = Length;
    fn sub(self, other: Length) -> Length {
        Length(self.0.saturating_sub(other.0))
    }
}

impl Mul<i32> for Length {
    type Output = Length;
    fn mul(self, times: i32) -> Length {
        Length(self.0.saturating_mul(times))
    }
}

impl Sum for Length {
    fn sum<I: Iterator<Item = Length>>(lengths: I) -> Length {
        lengths.fold(Length::ZERO, Add::add)
    }
}
