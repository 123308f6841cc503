//! The totals at the right, how to pay at the left of them.

use super::block::{Block, Slot};
use super::figures::Figures;
use super::measure;
use super::theme::{ACCENT, BODY, DIM, FINE, GAP, LABEL, PAD, STRONG, TOTAL};
use crate::figure::{grouped, percent};
use crate::length::Length;
use crate::page::{Area, Role};
use crate::{Bank, Invoice, Kind, RenderError, Totals};

const TABLE: u32 = 1;

/// Sums, tax block and total, with the bank at their left.
pub(super) fn totals(invoice: &Invoice) -> Result<Block, RenderError> {
    let width = measure(invoice.paper);
    let side = Length::pt(258);
    let mut block = Block::space(GAP);
    block.add(sums(invoice, side)?, width - side, Length::pt(10));
    if let (Kind::Invoice { .. } | Kind::DebitNote { .. }, Some(bank)) = (&invoice.kind, &invoice.seller.bank)
    {
        block.add(transfer(bank, width - side - GAP * 2), Length::ZERO, Length::pt(10));
    }
    block.height += PAD;
    Ok(block)
}

fn sums(invoice: &Invoice, width: Length) -> Result<Block, RenderError> {
    let Totals { gross, commission, net, taxes, total } = &invoice.totals;
    let mut figures = Figures::new(width, TABLE);
    let has_more = commission.is_some() || !taxes.is_empty() || net != gross;
    figures.row(if has_more { "Gross" } else { "Subtotal" }, &grouped(gross)?, BODY);
    if let Some(commission) = commission {
        let label = format!("Agency commission {}", percent(&commission.percent)?);
        figures.row(&label, &grouped(&commission.amount)?, BODY);
    }
    if has_more {
        figures.row("Net", &grouped(net)?, STRONG);
    }
    for tax in taxes {
        let label = format!("{} {} on {}", tax.category, percent(&tax.rate)?, grouped(&tax.base)?);
        figures.row(&label, &grouped(&tax.amount)?, BODY);
    }
    let label = match invoice.kind {
        Kind::Invoice { .. } | Kind::DebitNote { .. } => "Amount due",
        Kind::CreditNote { .. } => "Amount credited",
    };
    let mut block = figures.finish();
    let bar = Area { x: Length::ZERO, y: block.height, width, height: Length::milli(1_500) };
    block.fill(bar, ACCENT);
    let row = Figures::cells(TABLE, u32::MAX);
    let top = bar.bottom() + Length::pt(4);
    block.set(Slot::left(Length::ZERO, width), top, (TOTAL, row.0), label);
    let amount = format!("{} {}", invoice.currency, grouped(total)?);
    block.set(Slot::right(Length::ZERO, width), top, (TOTAL, row.1), &amount);
    Ok(block)
}

fn transfer(bank: &Bank, width: Length) -> Block {
    let mut block = Block::default();
    let slot = Slot::left(Length::ZERO, width);
    let mut y = block.set(slot, Length::pt(3), (LABEL, Role::Paragraph), "Pay by transfer to");
    y = block.set(slot, y, (STRONG, Role::Paragraph), &bank.account_name);
    y = block.set(slot, y, (FINE, Role::Paragraph), &bank.bank);
    for number in &bank.numbers {
        let label = Slot::left(Length::ZERO, Length::pt(56));
        let value = Slot::left(Length::pt(60), width - Length::pt(60));
        let end = block.set(label, y, (DIM, Role::Paragraph), &number.label);
        y = end.max(block.set(value, y, (FINE, Role::Paragraph), &number.value));
    }
    block
}
