//! A rebill: a credit note of what is left of a document, and an invoice of the same lines to whom they should have gone.
//!
//! Both are the same to the cent, so that nothing is earned or lost by it; only the tax is that of the new bill-to, at the
//! tax point of what was billed.

use std::collections::BTreeMap;

use money::{Exact, Money, MoneyError, Percent};

use super::{AskedLine, By, Note, NoteLine, Original, Settings};
use crate::invoice::{DocumentKind, LineTax, TaxRow, percent_of as exactly};
use crate::rating::apportion;
use crate::tax::{Place, TaxBase, TaxCategory, Treatment, percent_of};

/// The lines of a document as far as they are not credited: whole as they stand on it, what is left of the others.
pub fn everything_left(original: &Original) -> Result<Vec<AskedLine>, MoneyError> {
    let mut lines = Vec::with_capacity(original.lines.len());
    for line in &original.lines {
        let left = line.left()?;
        let by = if left == line.gross && !line.quantity.is_zero() {
            By::Quantity(line.quantity)
        } else if left.is_zero() {
            continue;
        } else {
            By::Gross(left)
        };
        lines.push(AskedLine { number: line.number, by });
    }
    Ok(lines)
}

/// The invoice of what a credit note takes of a document. Places and treatments are those of its lines, in their order.
pub fn rebill(
    credit: &Note,
    taxed: Vec<(Place, Treatment)>,
    base: TaxBase,
    settings: Settings,
) -> Result<Note, MoneyError> {
    let mut lines = credit.lines.clone();
    let mut rows: BTreeMap<(TaxCategory, Percent), Row> = BTreeMap::new();
    for (n, (line, (place, treatment))) in lines.iter_mut().zip(taxed).enumerate() {
        let Treatment { category, percent, reason } = treatment;
        line.tax = LineTax { place, category, percent, ..line.tax.clone() };
        let row = rows.entry((category, percent)).or_default();
        row.lines.push(n);
        if !reason.is_empty() && !row.reasons.contains(&reason) {
            row.reasons.push(reason);
        }
    }
    let mut taxes = Vec::with_capacity(rows.len());
    for ((category, percent), Row { lines: of_row, reasons }) in rows {
        let treatment = Treatment { category, percent, reason: reasons.join("; ") };
        let of_row: Vec<(usize, &NoteLine)> = of_row.iter().map(|n| (*n, &credit.lines[*n])).collect();
        let (row, amounts) = tax_row(credit, treatment, &of_row, (base, settings))?;
        for ((n, _), amount) in of_row.iter().zip(amounts) {
            lines[*n].tax.amount = amount;
        }
        taxes.push(row);
    }
    let tax = Money::sum(credit.currency, taxes.iter().map(|row| row.tax))?;
    Ok(Note {
        kind: DocumentKind::Invoice,
        tax,
        total: credit.net.plus(tax)?,
        taxes,
        lines,
        ..credit.clone()
    })
}

/// The lines of a category and percent, by their place on the document, and why they are not taxed.
#[derive(Default)]
struct Row {
    lines: Vec<usize>,
    reasons: Vec<String>,
}

/// The row with the tax of each of its lines: that of the credit note where it has the same row of the same lines.
fn tax_row(
    credit: &Note,
    treatment: Treatment,
    lines: &[(usize, &NoteLine)],
    (base, settings): (TaxBase, Settings),
) -> Result<(TaxRow, Vec<Money>), MoneyError> {
    let rate = (treatment.category, treatment.percent);
    let is_of_rate = |line: &&NoteLine| (line.tax.category, line.tax.percent) == rate;
    let bases = |line: &NoteLine| base.of(line.net, line.gross);
    let sum = Money::sum(credit.currency, lines.iter().map(|(_, line)| bases(line)))?;
    let before = credit.taxes.iter().find(|row| (row.treatment.category, row.treatment.percent) == rate);
    let is_same = lines.iter().all(|(_, line)| is_of_rate(line))
        && credit.lines.iter().filter(is_of_rate).count() == lines.len();
    if let Some(before) = before.filter(|_| is_same) {
        let amounts = lines.iter().map(|(_, line)| line.tax.amount).collect();
        return Ok((TaxRow { treatment, base: sum, tax: before.tax }, amounts));
    }
    let tax = percent_of(sum, treatment.percent, settings.rounding);
    let exact: Result<Vec<Exact>, _> =
        lines.iter().map(|(_, line)| exactly(bases(line), treatment.percent)).collect();
    Ok((TaxRow { treatment, base: sum, tax }, apportion(tax, &exact?, settings.remainder)?))
}
