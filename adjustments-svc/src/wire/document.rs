//! What invoicing says of a document and of a note on it ↔ domain. What it answers is as it should be, or it is a fault.

use std::collections::BTreeMap;

use adjustments_domain::{
    adjustment::{AdjustedLine, AskedLine, Basis, By, OfLines, Proposal, WHOLE},
    policy::{Measure, Plan},
};
use anyhow::Context;
use billing_proto::billing::{adjustments::v1 as pb, invoicing::v1 as invoicing};
use ids::{EntityId, ProductId};
use jiff::civil::Date;
use money::{Currency, Money};
use refusal::Violations;

use super::{adjusted_line, approval, money as wire_money, name};

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
        Basis::Tax | Basis::Makegood | Basis::WriteOff => {
            anyhow::bail!("a {} becomes no note of some of a line", proposal.kind)
        }
    };
    Ok(invoicing::Note {
        basis: basis.into(),
        reason: proposal.reason.clone(),
        lines: proposal.lines.iter().map(note_line).collect::<Result<_, _>>()?,
        ..invoicing::Note::default()
    })
}

/// The rebill that a proposal becomes.
pub fn rebill(proposal: &Proposal) -> Result<invoicing::Rebill, anyhow::Error> {
    let bill_to = proposal.bill_to.as_ref().context("a rebill says whom it bills")?;
    Ok(invoicing::Rebill {
        account: name::account_name(bill_to.account),
        reason: proposal.reason.clone(),
        lines: proposal.lines.iter().map(note_line).collect::<Result<_, _>>()?,
        purchase_order: bill_to.purchase_order.clone(),
        ..invoicing::Rebill::default()
    })
}

/// The correction of nothing but tax that a proposal becomes.
pub fn tax_correction(proposal: &Proposal) -> Result<invoicing::TaxCorrection, anyhow::Error> {
    let line = |line: &AskedLine| {
        let By::Tax(right) = &line.by else { anyhow::bail!("a correction of tax says which one is right") };
        Ok(invoicing::RightTax {
            line: line.number,
            category: adjusted_line::category(right.category).into(),
            percent: right.percent.to_string(),
            exemption_reason: right.exemption_reason.clone(),
            place: right.place.clone(),
        })
    };
    Ok(invoicing::TaxCorrection {
        reason: proposal.reason.clone(),
        lines: proposal.lines.iter().map(line).collect::<Result<_, _>>()?,
        issue_date: None,
    })
}

/// The spots that are owed by what a proposal becomes.
pub fn missed(proposal: &Proposal) -> Result<Vec<invoicing::MissedSpots>, anyhow::Error> {
    let line = |line: &AskedLine| {
        let By::Spots(names) = &line.by else { anyhow::bail!("a makegood names the spots that it is for") };
        Ok(invoicing::MissedSpots { line: line.number, names: names.clone() })
    };
    proposal.lines.iter().map(line).collect()
}

/// What of a document a proposal gives up.
pub fn given_up(proposal: &Proposal) -> Result<Money, anyhow::Error> {
    match proposal.lines.first().map(|line| &line.by) {
        Some(By::Gross(gross)) => Ok(*gross),
        Some(By::Quantity(_) | By::Spots(_) | By::Tax(_)) | None => {
            anyhow::bail!("a write-off says how much it gives up")
        }
    }
}

fn note_line(line: &AskedLine) -> Result<invoicing::NoteLine, anyhow::Error> {
    let by = match &line.by {
        By::Gross(gross) => invoicing::note_line::By::Gross(gross.to_string()),
        By::Quantity(quantity) => invoicing::note_line::By::Quantity(quantity.to_string()),
        By::Spots(names) => {
            invoicing::note_line::By::Spots(invoicing::CreditedSpots { names: names.clone() })
        }
        By::Tax(_) => anyhow::bail!("what corrects nothing but tax is no part of a line"),
    };
    Ok(invoicing::NoteLine { line: line.number, by: Some(by) })
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

/// Whether a part of what is open is disputed.
pub fn is_disputed(open: &invoicing::OpenDocument) -> Result<bool, anyhow::Error> {
    Ok(!parsed(&open.disputed)?.is_zero())
}

/// The effect of a note: its own figures, as they move the balance.
pub fn note_effect(
    is_credit: bool,
    preview: invoicing::NotePreview,
) -> Result<pb::AdjustmentEffect, anyhow::Error> {
    let document = preview.document.context("a preview shows its document")?;
    let effect = document_effect(is_credit, &document)?;
    Ok(pb::AdjustmentEffect {
        lines: line_effects(is_credit, &document.lines)?,
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

/// The effect of a correction of tax, which is a credit or a debit note as it comes.
pub fn tax_effect(preview: invoicing::NotePreview) -> Result<pb::AdjustmentEffect, anyhow::Error> {
    let document = preview.document.as_ref().context("a preview shows its document")?;
    note_effect(document.kind() == invoicing::DocumentKind::CreditNote, preview)
}

/// The effect of a makegood: the balance stays, and so do the lines.
pub fn makegood_effect(
    preview: &invoicing::MakegoodPreview,
    currency: Currency,
) -> Result<pb::AdjustmentEffect, anyhow::Error> {
    let open = Some(wire_money::message(money(currency, &preview.open)?));
    let line = |line: &invoicing::MakegoodLine| pb::AdjustmentLineEffect {
        line: line.line,
        gross: nothing(currency),
        commission: nothing(currency),
        net: nothing(currency),
        tax: nothing(currency),
        ..pb::AdjustmentLineEffect::default()
    };
    Ok(pb::AdjustmentEffect {
        lines: preview.lines.iter().map(line).collect(),
        total: nothing(currency),
        open_before: open.clone(),
        open_after: open,
        ..no_document(currency)
    })
}

/// What spots of lines were billed at.
pub fn value_of_lines(
    preview: &invoicing::MakegoodPreview,
    currency: Currency,
) -> Result<OfLines, anyhow::Error> {
    preview.lines.iter().map(|line| Ok((line.line, money(currency, &line.value)?))).collect()
}

/// What a makegood would leave of the lines that it names.
pub fn left_by_makegood(
    preview: &invoicing::MakegoodPreview,
    currency: Currency,
) -> Result<OfLines, anyhow::Error> {
    preview.lines.iter().map(|line| Ok((line.line, money(currency, &line.left)?))).collect()
}

/// The effect of a write-off: invoice, revenue and tax stay, what is open goes.
pub fn write_off_effect(
    open: &invoicing::OpenDocument,
    given_up: Money,
    ledger_entries: Vec<invoicing::LedgerEntry>,
) -> Result<pb::AdjustmentEffect, anyhow::Error> {
    let before = money(given_up.currency(), &open.open)?;
    Ok(pb::AdjustmentEffect {
        total: Some(wire_money::message(given_up.negate())),
        ledger_entries,
        open_before: Some(wire_money::message(before)),
        open_after: Some(wire_money::message(before.minus(given_up)?)),
        ..no_document(given_up.currency())
    })
}

/// What becomes no document has no figures of one.
fn no_document(currency: Currency) -> pb::AdjustmentEffect {
    pb::AdjustmentEffect {
        gross: nothing(currency),
        commission: nothing(currency),
        net: nothing(currency),
        tax: nothing(currency),
        ..pb::AdjustmentEffect::default()
    }
}

fn nothing(currency: Currency) -> Option<invoicing::Money> {
    Some(wire_money::message(Money::zero(currency)))
}

/// What the lines of a note come to: its gross, whichever way it goes.
pub fn gross_of_lines(preview: &invoicing::NotePreview) -> Result<OfLines, anyhow::Error> {
    of_lines(preview, |line| &line.gross)
}

/// What the lines of a note of nothing but tax come to: the tax that it moves, whichever way it goes.
pub fn tax_of_lines(preview: &invoicing::NotePreview) -> Result<OfLines, anyhow::Error> {
    of_lines(preview, |line| &line.tax)
}

fn of_lines(
    preview: &invoicing::NotePreview,
    amount: impl Fn(&invoicing::InvoiceLine) -> &Option<invoicing::Money>,
) -> Result<OfLines, anyhow::Error> {
    let document = preview.document.as_ref().context("a preview shows its document")?;
    let mut sums = OfLines::new();
    for line in &document.lines {
        let amount = parsed(amount(line))?;
        let sum = match sums.get(&line.corrects_line) {
            Some(before) => before.plus(amount)?,
            None => amount,
        };
        sums.insert(line.corrects_line, sum);
    }
    let whichever_way = |amount: Money| if amount.is_negative() { amount.negate() } else { amount };
    Ok(sums.into_iter().map(|(line, sum)| (line, whichever_way(sum))).collect())
}

/// What a note does to each line that it corrects: a line that is taken back and stands there again is one.
fn line_effects(
    is_credit: bool,
    lines: &[invoicing::InvoiceLine],
) -> Result<Vec<pb::AdjustmentLineEffect>, anyhow::Error> {
    let mut effects: Vec<pb::AdjustmentLineEffect> = Vec::with_capacity(lines.len());
    for line in lines {
        let signed = |amount: &Option<invoicing::Money>| signed(is_credit, amount);
        let effect = pb::AdjustmentLineEffect {
            line: line.corrects_line,
            gross: signed(&line.gross)?,
            commission: signed(&line.commission)?,
            net: signed(&line.net)?,
            tax: signed(&line.tax)?,
            ..pb::AdjustmentLineEffect::default()
        };
        match effects.iter_mut().find(|before| before.line == effect.line) {
            Some(before) => {
                before.gross = sum(&before.gross, &effect.gross)?;
                before.commission = sum(&before.commission, &effect.commission)?;
                before.net = sum(&before.net, &effect.net)?;
                before.tax = sum(&before.tax, &effect.tax)?;
            }
            None => effects.push(effect),
        }
    }
    Ok(effects)
}

fn sum(
    one: &Option<invoicing::Money>,
    other: &Option<invoicing::Money>,
) -> Result<Option<invoicing::Money>, anyhow::Error> {
    let one = parsed(one)?;
    Ok(Some(wire_money::message(one.plus(money(one.currency(), other)?)?)))
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

/// The effect with what is asked of each line, and what could still be taken back of it afterwards.
pub fn leaving(
    mut effect: pb::AdjustmentEffect,
    lines: &[AdjustedLine],
    left: &OfLines,
) -> pb::AdjustmentEffect {
    for line in &mut effect.lines {
        let asked = lines.iter().find(|asked| asked.number == line.line);
        line.amount = asked.map(|asked| wire_money::message(asked.amount));
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
