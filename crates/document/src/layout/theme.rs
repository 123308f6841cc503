//! The look: one family, four sizes of text, one accent. Every measure that repeats stands here.

use crate::length::Length;
use crate::page::Color;
use crate::text::Face;

/// How a text is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) face: Face,
    pub(super) size: Length,
    pub(super) color: Color,
}

impl Style {
    const fn new(face: Face, size: i32, color: Color) -> Style {
        Style { face, size: Length::milli(size), color }
    }

    /// From one baseline to the next: 1.4 of the size.
    pub(super) fn leading(self) -> Length {
        self.size.fraction(7, 5)
    }
}

const INK: Color = Color(0x1b, 0x21, 0x27);
const MUTED: Color = Color(0x5f, 0x6b, 0x75);
pub(super) const ACCENT: Color = Color(0x12, 0x4e, 0x66);
pub(super) const TINT: Color = Color(0xf1, 0xf5, 0xf7);
pub(super) const HAIRLINE: Color = Color(0xd3, 0xdb, 0xe0);

pub(super) const TITLE: Style = Style::new(Face::Bold, 22_000, ACCENT);
pub(super) const NAME: Style = Style::new(Face::Bold, 13_000, INK);
pub(super) const HEADING: Style = Style::new(Face::Bold, 10_000, ACCENT);
pub(super) const KEY: Style = Style::new(Face::Bold, 10_000, INK);
pub(super) const STRONG: Style = Style::new(Face::Bold, 8_500, INK);
pub(super) const BODY: Style = Style::new(Face::Regular, 8_500, INK);
pub(super) const NUMBER: Style = Style::new(Face::Regular, 8_500, MUTED);
pub(super) const DIM: Style = Style::new(Face::Regular, 7_500, MUTED);
pub(super) const FINE: Style = Style::new(Face::Regular, 7_500, INK);
pub(super) const FINE_STRONG: Style = Style::new(Face::Bold, 7_500, INK);
pub(super) const LABEL: Style = Style::new(Face::Regular, 6_800, MUTED);
pub(super) const COLUMN: Style = Style::new(Face::Bold, 7_000, ACCENT);
pub(super) const DUE: Style = Style::new(Face::Bold, 13_000, ACCENT);
pub(super) const TOTAL: Style = Style::new(Face::Bold, 11_000, ACCENT);

/// Left and right of everything.
pub(super) const MARGIN: Length = Length::pt(48);
/// Between the sheet's top and what is printed.
pub(super) const TOP: Length = Length::pt(42);
/// Between what is printed and the sheet's lower edge.
pub(super) const BOTTOM: Length = Length::pt(44);
/// Between parts of the page.
pub(super) const GAP: Length = Length::pt(18);
/// Inside panels and between the columns of a table.
pub(super) const PAD: Length = Length::pt(8);
/// Thickness of rules.
pub(super) const THIN: Length = Length::milli(600);
