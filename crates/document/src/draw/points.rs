//! The one place with floating point: PDF is written in `f32` points, the layout is whole thousandths.
#![expect(
    clippy::float_arithmetic,
    reason = "krilla takes f32; these numbers are places on paper, never money"
)]

use crate::length::Length;

/// A length in points.
pub(super) fn points(length: Length) -> f32 {
    let thousandths = length.thousandths();
    exact(thousandths / 1000) + exact(thousandths % 1000) / 1000.0
}

/// Units of a font as a share of its em.
pub(super) fn em(units: i32, units_per_em: i32) -> f32 {
    exact(units) / exact(units_per_em)
}

/// Both ends of `i16` are far off any paper and any glyph.
fn exact(number: i32) -> f32 {
    f32::from(i16::try_from(number).unwrap_or(i16::MAX))
}
