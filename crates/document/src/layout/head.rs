//! The head of the first page: who sends it, what it is, what is due when, whom it is for.

use jiff::civil::Date;

use super::block::{Block, Slot};
use super::measure;
use super::theme::{BODY, DIM, DUE, GAP, KEY, LABEL, NAME, PAD, STRONG, TINT, TITLE};
use crate::figure::{day, grouped, period};
use crate::length::Length;
use crate::page::{Area, Role};
use crate::{Invoice, Kind, RenderError};

/// The seller at the left, title and number at the right.
pub(super) fn letterhead(invoice: &Invoice) -> Block {
    let mut block = Block::default();
    let width = measure(invoice.paper);
    let side = Length::pt(210);
    let seller = &invoice.seller;
    let left = Slot::left(Length::ZERO, width - side - PAD * 2);
    let mut y = block.set(left, Length::ZERO, (NAME, Role::Paragraph), &seller.legal_name) + Length::pt(2);
    for line in &seller.address {
        y = block.set(left, y, (DIM, Role::Paragraph), line);
    }
    let contact: Vec<&str> =
        [seller.phone.as_deref(), seller.email.as_deref()].into_iter().flatten().collect();
    y = block.set(left, y, (DIM, Role::Paragraph), &contact.join(" · "));
    let tax_ids: Vec<String> = seller.tax_ids.iter().map(|id| format!("{} {}", id.label, id.value)).collect();
    block.set(left, y, (DIM, Role::Paragraph), &tax_ids.join(" · "));
    let right = Slot::right(width - side, side);
    let y = block.set(right, Length::pt(-8), (TITLE, Role::Title), invoice.kind.title());
    block.set(right, y, (KEY, Role::Paragraph), &invoice.number);
    block
}

/// The tinted band: dates, terms and the amount.
pub(super) fn key_figures(invoice: &Invoice) -> Result<Block, RenderError> {
    let amount = format!("{} {}", invoice.currency, grouped(&invoice.totals.total)?);
    let written = |date: Date| day(invoice.paper, date);
    let (pairs, total) = match &invoice.kind {
        Kind::Invoice { due, payment_terms } => (
            [
                ("Invoice date", written(invoice.issued)),
                ("Due date", written(*due)),
                ("Terms", payment_terms.clone()),
            ],
            "Amount due",
        ),
        Kind::DebitNote { corrects, due } => (
            [
                ("Debit date", written(invoice.issued)),
                ("Due date", written(*due)),
                ("Corrects invoice", corrects.clone()),
            ],
            "Amount due",
        ),
        Kind::CreditNote { corrects } => (
            [
                ("Credit date", written(invoice.issued)),
                ("Corrects invoice", corrects.clone()),
                ("Account", invoice.buyer.account_number.clone()),
            ],
            "Amount credited",
        ),
    };
    let mut text = Block::default();
    let width = measure(invoice.paper);
    let column = Length::pt(108);
    let top = Length::pt(10);
    for (index, (label, value)) in (0..).zip(&pairs) {
        let slot = Slot::left(Length::pt(12) + column * index, column - PAD);
        let y = text.set(slot, top, (LABEL, Role::Paragraph), label);
        // The larger amount at the right stands on the same baseline.
        text.set(slot, y + Length::milli(3_200), (KEY, Role::Paragraph), value);
    }
    let used = column * 3;
    let slot = Slot::right(used, width - used - Length::pt(12));
    text.labelled(slot, top, DUE, (total, &amount));
    let mut block = Block::default();
    let height = text.height + Length::pt(8);
    block.fill(Area { x: Length::ZERO, y: Length::ZERO, width, height }, TINT);
    block.add(text, Length::ZERO, Length::ZERO);
    Ok(block)
}

/// The buyer at the left, the references at the right in three columns.
pub(super) fn parties(invoice: &Invoice) -> Block {
    let mut block = Block::default();
    let width = measure(invoice.paper);
    let left_width = Length::pt(186);
    buyer(invoice, &mut block, Slot::left(Length::ZERO, left_width - GAP));
    let column = (width - left_width).fraction(1, 3);
    let wide = Slot::left(left_width, width - left_width);
    let mut y = block.labelled(wide, Length::ZERO, STRONG, ("Advertiser", &invoice.references.advertiser));
    for row in references(invoice).chunks(3) {
        let top = y + Length::pt(5);
        for (index, (label, value)) in (0..).zip(row) {
            let slot = Slot::left(left_width + column * index, column - PAD);
            y = y.max(block.labelled(slot, top, BODY, (label, value)));
        }
    }
    block
}

fn buyer(invoice: &Invoice, block: &mut Block, slot: Slot) {
    let buyer = &invoice.buyer;
    let mut y = block.set(slot, Length::ZERO, (LABEL, Role::Paragraph), "Bill to");
    y = block.set(slot, y, (STRONG, Role::Paragraph), &buyer.name);
    let attention = buyer.attention.iter().map(|person| format!("Attention: {person}"));
    for line in attention.chain(buyer.address.iter().cloned()) {
        y = block.set(slot, y, (BODY, Role::Paragraph), &line);
    }
    y += Length::pt(5);
    let tax = buyer.tax_id.iter().map(|id| format!("{} {}", id.label, id.value));
    let reference = buyer.reference.iter().map(|text| format!("Your reference {text}"));
    for line in tax.chain(reference) {
        y = block.set(slot, y, (DIM, Role::Paragraph), &line);
    }
}

fn references(invoice: &Invoice) -> Vec<(&'static str, String)> {
    let references = &invoice.references;
    let always = |label, value: &str| Some((label, value.to_owned()));
    let maybe = |label, value: &Option<String>| value.clone().map(|value| (label, value));
    let fields = [
        always("Order", &references.order_number),
        maybe("Purchase order", &references.purchase_order),
        Some(("Billing period", period(invoice.paper, references.period))),
        always("Billing calendar", &references.billing_calendar),
        always("Account", &invoice.buyer.account_number),
        maybe("Product", &references.product),
        maybe("Estimate", &references.estimate),
        maybe("Account manager", &references.account_manager),
        maybe("Sales office", &references.sales_office),
        maybe("Your contact", &references.contact),
    ];
    fields.into_iter().flatten().collect()
}
