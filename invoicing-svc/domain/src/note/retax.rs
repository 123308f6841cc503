//! A correction of nothing but tax: what is left of lines is taken back at the tax that they have, and stands there again
//! at the one that is right. Net is 0.00, and the tax is the difference.

use std::collections::BTreeMap;

use money::{Money, MoneyError, Percent};

use super::{
    Asked, Ledgers, Note, NoteBasis, NoteLine, NoteRefusal, Original, Settings, everything_left, note, rebill,
};
use crate::invoice::{DocumentKind, TaxRow};
use crate::tax::{Place, TaxCategory, Treatment};

/// The tax that a line should have had.
#[derive(Clone, Debug)]
pub struct RightTax {
    /// On the document.
    pub number: u32,
    /// `None`: where it stands.
    pub place: Option<Place>,
    pub treatment: Treatment,
}

/// The note that corrects the tax of lines, each named once: a credit note where the tax was too high, a debit note where it was too low.
///
/// Order of refusal: NOTE_LINE_UNKNOWN line by line, then NOTE_OF_NOTHING, also where the tax comes to the same.
pub fn retax(original: &Original, lines: &[RightTax], settings: Settings) -> Result<Note, NoteRefusal> {
    for line in lines {
        original.line(line.number)?;
    }
    let right = |number: u32| lines.iter().find(|line| line.number == number);
    let mut left = everything_left(original)?;
    left.retain(|line| right(line.number).is_some());
    let asked = Asked { kind: DocumentKind::CreditNote, basis: NoteBasis::Tax, lines: left };
    let old = note(original, &asked, Ledgers::new(), settings)?;
    let taxed = old.lines.iter().filter_map(|line| {
        let RightTax { place, treatment, .. } = right(line.corrects)?;
        Some((place.clone().unwrap_or_else(|| line.tax.place.clone()), treatment.clone()))
    });
    let new = rebill(&old, taxed.collect(), original.tax_base, settings)?;
    let difference = old.tax.minus(new.tax)?;
    if difference.is_zero() {
        return Err(NoteRefusal::OfNothing);
    }
    // As amounts to be paid or given back: what is added comes with its sign, what is taken back below zero.
    let (kind, added, taken) = match difference.is_negative() {
        false => (DocumentKind::CreditNote, old, new),
        true => (DocumentKind::DebitNote, new, old),
    };
    let nothing = Money::zero(original.currency);
    let tax = added.tax.minus(taken.tax)?;
    let taken_lines = taken.lines.into_iter().map(negated);
    let mut lines: Vec<NoteLine> = added.lines.into_iter().chain(taken_lines).collect();
    lines.sort_by_key(|line| line.corrects);
    for line in &mut lines {
        line.retaxes = true;
    }
    let taxes = rows(&added.taxes, &taken.taxes)?;
    let (gross, commission, net, total) = (nothing, nothing, nothing, tax);
    Ok(Note {
        kind,
        basis: NoteBasis::Tax,
        currency: original.currency,
        gross,
        commission,
        net,
        tax,
        total,
        taxes,
        lines,
    })
}

fn negated(line: NoteLine) -> NoteLine {
    let mut tax = line.tax;
    tax.amount = tax.amount.negate();
    let (gross, commission, net) = (line.gross.negate(), line.commission.negate(), line.net.negate());
    NoteLine { quantity: -line.quantity, gross, commission, net, tax, ..line }
}

/// The rows of what is added less those of what is taken back, one for each category and percent.
fn rows(added: &[TaxRow], taken: &[TaxRow]) -> Result<Vec<TaxRow>, MoneyError> {
    let mut rows: BTreeMap<(TaxCategory, Percent), TaxRow> = BTreeMap::new();
    for row in added {
        rows.insert((row.treatment.category, row.treatment.percent), row.clone());
    }
    for row in taken {
        let (base, tax) = (row.base.negate(), row.tax.negate());
        let negated = TaxRow { treatment: row.treatment.clone(), base, tax };
        let sum = match rows.remove(&(row.treatment.category, row.treatment.percent)) {
            Some(of) => TaxRow { base: of.base.plus(base)?, tax: of.tax.plus(tax)?, ..of },
            None => negated,
        };
        rows.insert((row.treatment.category, row.treatment.percent), sum);
    }
    Ok(rows.into_values().collect())
}
