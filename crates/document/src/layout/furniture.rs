//! What every page has: the bar and the page number, and from the second on a running head.

use super::block::{Block, Slot};
use super::measure;
use super::theme::{ACCENT, BOTTOM, DIM, FINE_STRONG, HAIRLINE, LABEL, MARGIN, TOP};
use crate::Invoice;
use crate::length::Length;
use crate::page::{Area, Role};

/// The furniture of one page, placed from the corner of the sheet.
pub(super) fn furniture(invoice: &Invoice, number: usize, count: usize) -> Block {
    let mut block = Block::default();
    let (paper, width) = (invoice.paper, measure(invoice.paper));
    let bar = Area { x: Length::ZERO, y: Length::ZERO, width: paper.width(), height: Length::pt(5) };
    block.fill(bar, ACCENT);
    let top = TOP - Length::pt(16);
    let page = format!("Page {number} of {count}");
    let right = Slot::right(MARGIN + width - Length::pt(80), Length::pt(80));
    if number == 1 {
        let foot = paper.height() - BOTTOM + Length::pt(14);
        block.set(right, foot, (LABEL, Role::Furniture), &page);
    } else {
        block.set(right, top, (DIM, Role::Furniture), &page);
        let line = format!("{} {} · {}", invoice.kind.title(), invoice.number, invoice.seller.legal_name);
        let left = Slot::left(MARGIN, width - Length::pt(90));
        // One line only: a name that is longer stands whole on the first page.
        if let Some(first) = FINE_STRONG.face.wrap(FINE_STRONG.size, &line, left.width).first() {
            block.set(left, top, (FINE_STRONG, Role::Furniture), &first.content);
        }
        block.rule(MARGIN, top + Length::pt(15), width, HAIRLINE);
    }
    block
}
