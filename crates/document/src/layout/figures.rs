//! A column of named figures, as totals have them.

use super::block::{Block, Slot};
use super::theme::{HAIRLINE, PAD, Style};
use crate::length::Length;
use crate::page::Role;

/// Rows of a label at the left and a figure at the right.
pub(super) struct Figures {
    block: Block,
    width: Length,
    table: u32,
    row: u32,
}

impl Figures {
    pub(super) fn new(width: Length, table: u32) -> Figures {
        Figures { block: Block::default(), width, table, row: 0 }
    }

    /// The roles of label and figure in a row.
    pub(super) fn cells(table: u32, row: u32) -> (Role, Role) {
        let cell = |column| Role::Cell { table, row, column, head: false };
        (cell(0), cell(1))
    }

    /// Adds a row; a long label wraps beside its figure.
    pub(super) fn row(&mut self, label: &str, figure: &str, style: Style) {
        let (label_role, figure_role) = Figures::cells(self.table, self.row);
        let top = self.block.height + Length::pt(3);
        let figure_width = style.face.width(style.size, figure);
        let room = self.width - PAD - figure_width;
        let end = self.block.set(Slot::left(Length::ZERO, room), top, (style, label_role), label);
        self.block.set(Slot::right(Length::ZERO, self.width), top, (style, figure_role), figure);
        self.block.rule(Length::ZERO, end + Length::pt(3), self.width, HAIRLINE);
        self.row += 1;
    }

    pub(super) fn finish(self) -> Block {
        self.block
    }
}
