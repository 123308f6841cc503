//! What invoicing says of a document and of a note on it ↔ domain. What it answers is as it should be, or it is a fault.

use adjustments_domain::{
    adjustment::{AdjustedLine, Basis, Note, OfLines, Proposal},
    policy::{Measure, Plan},
};
use anyhow::Context;
use billing_proto::billing::{adjustments::v1 as pb, invoicing::v1 as invoicing};
use ids::EntityId;
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
    })
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
    let line = |line: &AdjustedLine| invoicing::NoteLine {
        line: line.number,
        by: Some(invoicing::note_line::By::Gross(line.gross.to_string())),
    };
    Ok(invoicing::Note {
        basis: basis.into(),
        reason: proposal.reason.clone(),
        lines: proposal.lines.iter().map(line).collect(),
        ..invoicing::Note::default()
    })
}

/// What documents would leave of the lines that a note names.
pub fn left(preview: &invoicing::NotePreview, currency: Currency) -> Result<OfLines, anyhow::Error> {
    let lines = preview.lines_left.iter().map(|left| Ok((left.line, money(currency, &left.gross)?)));
    lines.collect()
}

/// The effect of a note of so many lines: its own figures, as they move the balance, and what is left of each line.
pub fn effect(
    note: Note,
    preview: invoicing::NotePreview,
    left: &OfLines,
) -> Result<pb::AdjustmentEffect, anyhow::Error> {
    let document = preview.document.context("a preview shows its document")?;
    let gross = document.gross.as_ref().context("a note has a gross")?;
    let currency = Currency::parse(&gross.currency_code)?;
    let signed = |amount: &Option<invoicing::Money>| {
        let amount = money(currency, amount)?;
        let moved = match note {
            Note::Credit => amount.negate(),
            Note::Debit => amount,
        };
        anyhow::Ok(Some(wire_money::message(moved)))
    };
    let line = |line: &invoicing::InvoiceLine| {
        anyhow::Ok(pb::AdjustmentLineEffect {
            line: line.corrects_line,
            gross: signed(&line.gross)?,
            commission: signed(&line.commission)?,
            net: signed(&line.net)?,
            left: left.get(&line.corrects_line).copied().map(wire_money::message),
        })
    };
    let tax = |row: &invoicing::TaxRow| {
        let (base, tax) = (signed(&row.base)?, signed(&row.tax)?);
        anyhow::Ok(pb::AdjustmentTaxEffect { percent: row.percent.clone(), base, tax })
    };
    Ok(pb::AdjustmentEffect {
        lines: document.lines.iter().map(line).collect::<Result<_, _>>()?,
        taxes: document.taxes.iter().map(tax).collect::<Result<_, _>>()?,
        gross: signed(&document.gross)?,
        commission: signed(&document.commission)?,
        net: signed(&document.net)?,
        tax: signed(&document.tax)?,
        total: signed(&document.total)?,
        ledger_entries: preview.ledger_entries,
        open_before: preview.open_before,
        open_after: preview.open_after,
        ..pb::AdjustmentEffect::default()
    })
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
