//! Rows and heads of tables: cells side by side, the row as high as its highest cell.

use super::block::{Align, Block, Slot};
use super::theme::{ACCENT, COLUMN, HAIRLINE, PAD, Style};
use crate::length::Length;
use crate::page::Role;

/// Columns from left to right; the one of width zero takes what the others leave.
pub(super) struct Columns(Vec<Slot>);

/// The texts of a cell, under each other.
pub(super) type Cell = Vec<(Style, String)>;

/// Which row of which table.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) table: u32,
    pub(super) row: u32,
}

impl Columns {
    pub(super) fn new(measure: Length, columns: &[(Length, Align)]) -> Columns {
        let gaps = PAD * i32::try_from(columns.len().saturating_sub(1)).unwrap_or(i32::MAX);
        let fixed: Length = columns.iter().map(|(width, _)| *width).sum();
        let mut x = Length::ZERO;
        let slots = columns.iter().map(|&(width, align)| {
            let width = if width == Length::ZERO { measure - gaps - fixed } else { width };
            let slot = Slot { x, width, align };
            x += width + PAD;
            slot
        });
        Columns(slots.collect())
    }

    /// The head: names of the columns over a rule in the accent.
    pub(super) fn head(&self, measure: Length, table: u32, names: &[&str]) -> Block {
        let mut block = Block::default();
        for (column, (slot, name)) in (0..).zip(self.0.iter().zip(names)) {
            block.set(*slot, Length::ZERO, (COLUMN, Role::Cell { table, row: 0, column, head: true }), name);
        }
        block.rule(Length::ZERO, block.height + Length::pt(3), measure, ACCENT);
        block
    }

    /// A row with `air` above and below.
    pub(super) fn row(&self, row: Row, air: Length, cells: &[Cell]) -> Block {
        let mut block = Block::default();
        let Row { table, row } = row;
        for (column, (slot, cell)) in (0..).zip(self.0.iter().zip(cells)) {
            let mut y = air;
            for (style, text) in cell {
                y = block.set(*slot, y, (*style, Role::Cell { table, row, column, head: false }), text);
            }
        }
        block.height += air;
        block
    }
}

/// At least `least`, and wide enough for every figure: a figure broken over two lines would be misread.
pub(super) fn fitting(least: i32, style: Style, figures: &[String]) -> Length {
    figures.iter().map(|figure| style.face.width(style.size, figure)).fold(Length::pt(least), Ord::max)
}

/// The row with a hairline under it.
pub(super) fn underlined(mut row: Block, measure: Length) -> Block {
    row.rule(Length::ZERO, row.height, measure, HAIRLINE);
    row
}
