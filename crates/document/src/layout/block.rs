//! A block: marks that stay together, placed from its own top left corner.

use super::theme::Style;
use crate::length::Length;
use crate::page::{Area, Color, Mark, Role, Text};
use crate::text::Shaped;

/// Marks that are never parted by the end of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub(super) height: Length,
    pub(super) marks: Vec<Mark>,
}

/// Where text is set: a column of the block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) x: Length,
    pub(super) width: Length,
    pub(super) align: Align,
}

/// Which edge of the slot the text keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

impl Slot {
    pub(super) fn left(x: Length, width: Length) -> Slot {
        Slot { x, width, align: Align::Left }
    }

    pub(super) fn right(x: Length, width: Length) -> Slot {
        Slot { x, width, align: Align::Right }
    }
}

impl Block {
    /// An empty block of a height.
    pub(super) fn space(height: Length) -> Block {
        Block { height, marks: Vec::new() }
    }

    /// Sets text from `top` down, wrapped to the slot, and answers where it ends.
    pub(super) fn set(&mut self, slot: Slot, top: Length, style: (Style, Role), text: &str) -> Length {
        let (style, role) = style;
        let mut y = top;
        for line in style.face.wrap(style.size, text, slot.width) {
            let Shaped { content, glyphs, width } = line;
            let x = match slot.align {
                Align::Left => slot.x,
                Align::Right => slot.x + slot.width - width,
            };
            // The box sits in the middle of its line: the leading is shared above and below.
            let inset = (style.leading() - style.size).fraction(1, 2);
            let area = Area { x, y: y + inset, width, height: style.size };
            let (face, size, color) = (style.face, style.size, style.color);
            self.marks.push(Mark::Text(Text { area, content, glyphs, face, size, color, role }));
            y += style.leading();
        }
        self.height = self.height.max(y);
        y
    }

    /// Sets a small label with its value below, and answers where it ends.
    pub(super) fn labelled(&mut self, slot: Slot, top: Length, style: Style, pair: (&str, &str)) -> Length {
        let y = self.set(slot, top, (super::theme::LABEL, Role::Paragraph), pair.0);
        self.set(slot, y, (style, Role::Paragraph), pair.1)
    }

    /// Fills a rectangle.
    pub(super) fn fill(&mut self, area: Area, color: Color) {
        self.height = self.height.max(area.bottom());
        self.marks.push(Mark::Fill(area, color));
    }

    /// Draws a thin line over a width.
    pub(super) fn rule(&mut self, x: Length, y: Length, width: Length, color: Color) {
        self.fill(Area { x, y, width, height: super::theme::THIN }, color);
    }

    /// Adds the marks of another block, moved right and down.
    pub(super) fn add(&mut self, other: Block, x: Length, y: Length) {
        self.height = self.height.max(y + other.height);
        self.marks.extend(other.marks.into_iter().map(|mark| moved(mark, x, y)));
    }

    /// The same marks as furniture of the page: what repeats is read once.
    pub(super) fn as_furniture(&self) -> Block {
        let marks = self.marks.iter().cloned().map(|mark| match mark {
            Mark::Text(text) => Mark::Text(Text { role: Role::Furniture, ..text }),
            Mark::Fill(..) | Mark::Frame(..) | Mark::Cut(..) => mark,
        });
        Block { height: self.height, marks: marks.collect() }
    }
}

fn moved(mark: Mark, x: Length, y: Length) -> Mark {
    let shift = |area: Area| Area { x: area.x + x, y: area.y + y, ..area };
    match mark {
        Mark::Text(text) => Mark::Text(Text { area: shift(text.area), ..text }),
        Mark::Fill(area, color) => Mark::Fill(shift(area), color),
        Mark::Frame(area, color) => Mark::Frame(shift(area), color),
        Mark::Cut(area, color) => Mark::Cut(shift(area), color),
    }
}
