//! The remittance slip: cut off and sent back with the payment, so it names everything by itself.

use jiff::civil::Date;

use super::block::{Block, Slot};
use super::measure;
use super::theme::{BODY, DUE, HEADING, LABEL, PAD, STRONG};
use crate::figure::{day, grouped};
use crate::length::Length;
use crate::page::{Area, Color, Mark, Role};
use crate::{Invoice, RenderError};

const CUT: Color = Color(0x8b, 0x97, 0xa0);

/// The slip with its cut line.
pub(super) fn slip(invoice: &Invoice, due: Date) -> Result<Block, RenderError> {
    let width = measure(invoice.paper);
    let mut block = Block::default();
    let line = Area { x: Length::ZERO, y: Length::pt(6), width, height: Length::ZERO };
    block.marks.push(Mark::Cut(line, CUT));
    let hint = "Please cut here and return this slip with your payment";
    block.set(Slot::right(Length::ZERO, width), Length::pt(8), (LABEL, Role::Furniture), hint);
    let left = Length::pt(186);
    payee(invoice, &mut block, left - PAD * 2);
    let column = (width - left).fraction(1, 2);
    let cell = |index: i32| Slot::left(left + column * index, column - PAD);
    let rows = [
        [("Invoice", invoice.number.clone()), ("Account", invoice.buyer.account_number.clone())],
        [("Customer", invoice.buyer.name.clone()), ("Due date", day(invoice.paper, due))],
    ];
    let mut y = Length::pt(24);
    for row in &rows {
        let mut end = y;
        for (index, (label, value)) in (0..).zip(row) {
            end = end.max(block.labelled(cell(index), y, BODY, (label, value)));
        }
        y = end + Length::pt(6);
    }
    let amount = format!("{} {}", invoice.currency, grouped(&invoice.totals.total)?);
    block.labelled(cell(0), y, DUE, ("Amount due", &amount));
    let enclosed = Slot::left(left + column, column);
    let top = block.set(enclosed, y, (LABEL, Role::Paragraph), "Amount enclosed");
    let frame = Area { x: enclosed.x, y: top + Length::pt(2), width: column, height: Length::pt(22) };
    block.marks.push(Mark::Frame(frame, CUT));
    block.height = block.height.max(frame.bottom() + Length::pt(2));
    Ok(block)
}

/// Where the payment goes by mail.
fn payee(invoice: &Invoice, block: &mut Block, width: Length) {
    let seller = &invoice.seller;
    let slot = Slot::left(Length::ZERO, width);
    let mut y = block.set(slot, Length::pt(22), (HEADING, Role::Heading), "Remittance slip") + Length::pt(4);
    y = block.set(slot, y, (LABEL, Role::Paragraph), "Payable to");
    y = block.set(slot, y, (STRONG, Role::Paragraph), &seller.legal_name);
    let address = if seller.remit_to.is_empty() { &seller.address } else { &seller.remit_to };
    for line in address {
        y = block.set(slot, y, (BODY, Role::Paragraph), line);
    }
}
