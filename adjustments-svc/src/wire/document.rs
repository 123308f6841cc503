//! What invoicing says of a document and of a note on it ↔ domain. What it answers is as it should be, or it is a fault.

use std::collections::BTreeMap;

use adjustments_domain::{
    adjustment::{AdjustedLine, Basis, OfLines, Proposal, WHOLE},
    policy::{Measure, Plan},
};
use anyhow::Context;
use billing_proto::billing::{adjustments::v1 as pb, invoicing::v1 as invoicing};
use ids::{EntityId, ProductId};
use jiff::civil::Date;
use money::{Currency, Money};
use refusal::Violations;

use super::{approval, money as wire_money, name};

/// The document of an adjustment.
#[derive(Clone, Debug)]
pub struct Document {
    pub name: String,
    pub currency: Currency,
    pub gross: Money,
    /// Absent for a draft.
    pub issued: Option<Date>,
    /// The product of each line.
    pub products: BTreeMap<i32, ProductId>,
}

impl Document {
    /// The product of a line; of the document as a whole, the one that all its lines have.
    pub fn product(&self, line: i32) -> Option<ProductId> {
        if line != WHOLE {
            return self.products.get(&line).copied();
        }
        let mut all = self.products.values().copied();
        let first = all.next()?;
        all.all(|product| product == first).then_some(first)
    }
}

/// The entity that has issued it.
#[derive(Clone, Debug)]
pub struct Entity {
    pub id: EntityId,
    pub code: String,
    pub functional: Currency,
}

/// Reads a document.
pub fn document(invoice: &invoicing::Invoice) -> Result<Document, anyhow::Error> {
    let gross = invoice.gross.as_ref().context("an invoice has a gross")?;
    let currency = Currency::parse(&gross.currency_code)?;
    let issued = invoice.issue_date.as_ref().map(|day| {
        let (month, of_month) = (i8::try_from(day.month)?, i8::try_from(day.day)?);
        anyhow::Ok(Date::new(i16::try_from(day.year)?, month, of_month)?)
    });
    Ok(Document {
        name: invoice.name.clone(),
        currency,
        gross: Money::parse(currency, &gross.amount)?,
        issued: issued.transpose()?,
        products: products(invoice)?,
    })
}

/// The product of each line of a document.
pub fn products(invoice: &invoicing::Invoice) -> Result<BTreeMap<i32, ProductId>, anyhow::Error> {
    invoice.lines.iter().map(|line| Ok((line.number, product(line)?))).collect()
}

/// What each line of a document comes to, tax included, by its product.
pub fn parts(invoice: &invoicing::Invoice) -> Result<Vec<(ProductId, Money)>, anyhow::Error> {
    let part = |line: &invoicing::InvoiceLine| {
        let net = parsed(&line.net)?;
        anyhow::Ok((product(line)?, net.plus(money(net.currency(), &line.tax)?)?))
    };
    invoice.lines.iter().map(part).collect()
}

fn product(line: &invoicing::InvoiceLine) -> Result<ProductId, anyhow::Error> {
    let id = name::product(&mut Violations::new(), "ad_product", &line.ad_product);
    id.with_context(|| format!("the product of line {} is called {:?}", line.number, line.ad_product))
}

/// Reads an entity.
pub fn entity(entity: &invoicing::BillingEntity) -> Result<Entity, anyhow::Error> {
    let mut v = Violations::new();
    let id = name::optional_entity(&mut v, "name", &entity.name).flatten();
    Ok(Entity {
        id: id.with_context(|| format!("an entity is called {:?}", entity.name))?,
        code: entity.code.clone(),
        functional: Currency::parse(&entity.functional_currency)?,
    })
}

/// The note that a proposal becomes.
pub fn note(proposal: &Proposal) -> Result<invoicing::Note, anyhow::Error> {
    let basis = match proposal.kind.basis(proposal.cause) {
        Basis::Correction => invoicing::NoteBasis::Correction,
        Basis::Commercial => invoicing::NoteBasis::Commercial,
        Basis::Tax => invoicing::NoteBasis::Tax,
        Basis::Makegood => invoicing::NoteBasis::Makegood,
        Basis::WriteOff => anyhow::bail!("what is written off becomes no note"),
    };
    Ok(invoicing::Note {
        basis: basis.into(),
        reason: proposal.reason.clone(),
        lines: proposal.lines.iter().map(note_line).collect(),
        ..invoicing::Note::default()
    })
}

/// The rebill that a proposal becomes.
pub fn rebill(proposal: &Proposal) -> Result<invoicing::Rebill, anyhow::Error> {
    let bill_to = proposal.bill_to.as_ref().context("a rebill says whom it bills")?;
    Ok(invoicing::Rebill {
        account: name::account_name(bill_to.account),
        reason: proposal.reason.clone(),
        lines: proposal.lines.iter().map(note_line).collect(),
        purchase_order: bill_to.purchase_order.clone(),
        ..invoicing::Rebill::default()
    })
}

/// What of a document a proposal gives up.
pub fn given_up(proposal: &Proposal) -> Result<Money, anyhow::Error> {
    proposal.lines.first().map(|line| line.gross).context("a write-off says how much it gives up")
}

fn note_line(line: &AdjustedLine) -> invoicing::NoteLine {
    let by = invoicing::note_line::By::Gross(line.gross.to_string());
    invoicing::NoteLine { line: line.number, by: Some(by) }
}

/// What documents would leave of the lines that a note names.
pub fn left(preview: &invoicing::NotePreview, currency: Currency) -> Result<OfLines, anyhow::Error> {
    let lines = preview.lines_left.iter().map(|left| Ok((left.line, money(currency, &left.gross)?)));
    lines.collect()
}

/// What a write-off would leave of what is open and not disputed.
pub fn left_open(open: &invoicing::OpenDocument, given_up: Money) -> Result<OfLines, anyhow::Error> {
    let undisputed = money(given_up.currency(), &open.undisputed)?;
    Ok(OfLines::from([(WHOLE, undisputed.minus(given_up)?)]))
}

/// The effect of a note: its own figures, as they move the balance.
pub fn note_effect(
    is_credit: bool,
    preview: invoicing::NotePreview,
) -> Result<pb::AdjustmentEffect, anyhow::Error> {
    let document = preview.document.context("a preview shows its document")?;
    let effect = document_effect(is_credit, &document)?;
    let line = |line: &invoicing::InvoiceLine| {
        let signed = |amount: &Option<invoicing::Money>| signed(is_credit, amount);
        anyhow::Ok(pb::AdjustmentLineEffect {
            line: line.corrects_line,
            gross: signed(&line.gross)?,
            commission: signed(&line.commission)?,
            net: signed(&line.net)?,
            left: None,
        })
    };
    Ok(pb::AdjustmentEffect {
        lines: document.lines.iter().map(line).collect::<Result<_, _>>()?,
        ledger_entries: preview.ledger_entries,
        open_before: preview.open_before,
        open_after: preview.open_after,
        ..effect
    })
}

/// The effect of a rebill: of both documents together.
pub fn rebill_effect(preview: invoicing::RebillPreview) -> Result<pb::AdjustmentEffect, anyhow::Error> {
    let credit = note_effect(true, preview.credit_note.context("a rebill credits")?)?;
    let invoice = document_effect(false, &preview.invoice.context("a rebill bills")?)?;
    let sum = |one: &Option<invoicing::Money>, other: &Option<invoicing::Money>| {
        let one = parsed(one)?;
        anyhow::Ok(Some(wire_money::message(one.plus(money(one.currency(), other)?)?)))
    };
    Ok(pb::AdjustmentEffect {
        gross: sum(&credit.gross, &invoice.gross)?,
        commission: sum(&credit.commission, &invoice.commission)?,
        net: sum(&credit.net, &invoice.net)?,
        tax: sum(&credit.tax, &invoice.tax)?,
        total: sum(&credit.total, &invoice.total)?,
        taxes: [credit.taxes, invoice.taxes].concat(),
        ledger_entries: [credit.ledger_entries, preview.ledger_entries].concat(),
        ..credit
    })
}

/// The effect of a write-off: invoice, revenue and tax stay, what is open goes.
pub fn write_off_effect(
    open: &invoicing::OpenDocument,
    given_up: Money,
) -> Result<pb::AdjustmentEffect, anyhow::Error> {
    let nothing = || Some(wire_money::message(Money::zero(given_up.currency())));
    let before = money(given_up.currency(), &open.open)?;
    Ok(pb::AdjustmentEffect {
        gross: nothing(),
        commission: nothing(),
        net: nothing(),
        tax: nothing(),
        total: Some(wire_money::message(given_up.negate())),
        open_before: Some(wire_money::message(before)),
        open_after: Some(wire_money::message(before.minus(given_up)?)),
        ..pb::AdjustmentEffect::default()
    })
}

fn document_effect(
    is_credit: bool,
    document: &invoicing::Invoice,
) -> Result<pb::AdjustmentEffect, anyhow::Error> {
    let signed = |amount: &Option<invoicing::Money>| signed(is_credit, amount);
    let tax = |row: &invoicing::TaxRow| {
        let (base, tax) = (signed(&row.base)?, signed(&row.tax)?);
        anyhow::Ok(pb::AdjustmentTaxEffect { percent: row.percent.clone(), base, tax })
    };
    Ok(pb::AdjustmentEffect {
        taxes: document.taxes.iter().map(tax).collect::<Result<_, _>>()?,
        gross: signed(&document.gross)?,
        commission: signed(&document.commission)?,
        net: signed(&document.net)?,
        tax: signed(&document.tax)?,
        total: signed(&document.total)?,
        ..pb::AdjustmentEffect::default()
    })
}

fn signed(
    is_credit: bool,
    amount: &Option<invoicing::Money>,
) -> Result<Option<invoicing::Money>, anyhow::Error> {
    let amount = parsed(amount)?;
    Ok(Some(wire_money::message(if is_credit { amount.negate() } else { amount })))
}

/// The effect with what could still be taken back of each line afterwards.
pub fn leaving(mut effect: pb::AdjustmentEffect, left: &OfLines) -> pb::AdjustmentEffect {
    for line in &mut effect.lines {
        line.left = left.get(&line.line).copied().map(wire_money::message);
    }
    effect
}

/// The effect with who must approve it.
pub fn planned(effect: pb::AdjustmentEffect, plan: &Plan, measure: Option<&Measure>) -> pb::AdjustmentEffect {
    pb::AdjustmentEffect {
        steps: approval::steps(plan),
        policy_rows: plan.rows.clone(),
        measure: measure.map(approval::measure),
        ..effect
    }
}

fn money(currency: Currency, amount: &Option<invoicing::Money>) -> Result<Money, anyhow::Error> {
    let amount = amount.as_ref().context("a document has its amounts")?;
    Ok(Money::parse(currency, &amount.amount)?)
}

fn parsed(amount: &Option<invoicing::Money>) -> Result<Money, anyhow::Error> {
    let amount = amount.as_ref().context("a document has its amounts")?;
    Ok(Money::parse(Currency::parse(&amount.currency_code)?, &amount.amount)?)
}

#[cfg(test)]
mod tests;
