//! Commission and tax of a note: what is due to date, less what was taken before.

use std::collections::BTreeMap;

use money::{Exact, Money, MoneyError, Percent};

use super::quantify::Piece;
use super::{Asked, Note, NoteLine, Original, OriginalLine, Settings};
use crate::invoice::{DocumentKind, LineTax, TaxRow, percent_of as exactly};
use crate::rating::apportion;
use crate::tax::{TaxBase, TaxCategory, Treatment, percent_of};

/// Category and percent: what one tax row is of.
type Rate = (TaxCategory, Percent);

/// Amounts of the lines of one category and percent.
#[derive(Clone, Copy)]
struct Sums {
    gross: Money,
    net: Money,
    tax: Money,
}

pub(super) fn figures(
    original: &Original,
    asked: &Asked,
    pieces: &[Piece<'_>],
    settings: Settings,
) -> Result<Note, MoneyError> {
    let currency = original.currency;
    let mut rows: BTreeMap<Rate, Vec<&Piece<'_>>> = BTreeMap::new();
    for piece in pieces {
        rows.entry(rate_of(piece.of)).or_default().push(piece);
    }
    let (mut lines, mut taxes) = (Vec::with_capacity(pieces.len()), Vec::with_capacity(rows.len()));
    for (rate, pieces) in rows {
        let gross = Money::sum(currency, pieces.iter().map(|piece| piece.gross))?;
        let row = row(original, asked.kind, (rate, gross), settings)?;
        lines.extend(with_figures(original, &row, &pieces, settings)?);
        let reason =
            original.taxes.iter().find(|tax| (tax.treatment.category, tax.treatment.percent) == rate);
        let reason = reason.map_or_else(String::new, |tax| tax.treatment.reason.clone());
        let treatment = Treatment { category: rate.0, percent: rate.1, reason };
        taxes.push(TaxRow { treatment, base: row.base(original.tax_base), tax: row.tax });
    }
    // Of one line the old price comes before the new one.
    lines.sort_by_key(|line: &NoteLine| line.corrects);
    let sum = |amounts: &mut dyn Iterator<Item = Money>| Money::sum(currency, amounts);
    let gross = sum(&mut lines.iter().map(|line| line.gross))?;
    let net = sum(&mut lines.iter().map(|line| line.net))?;
    let tax = sum(&mut taxes.iter().map(|row| row.tax))?;
    Ok(Note {
        kind: asked.kind,
        basis: asked.basis,
        currency,
        gross,
        commission: gross.minus(net)?,
        net,
        tax,
        total: net.plus(tax)?,
        taxes,
        lines,
    })
}

fn rate_of(line: &OriginalLine) -> Rate {
    (line.tax.category, line.tax.percent)
}

/// What the note takes of the lines of a category and percent.
fn row(
    original: &Original,
    kind: DocumentKind,
    (rate, gross): (Rate, Money),
    settings: Settings,
) -> Result<Sums, MoneyError> {
    let of_rate = || original.lines.iter().filter(|line| rate_of(line) == rate);
    let sum = |amount: fn(&OriginalLine) -> Money| Money::sum(original.currency, of_rate().map(amount));
    let whole = Sums {
        gross: sum(|line| line.gross)?,
        net: sum(|line| line.net)?,
        tax: sum(|line| line.tax.amount)?,
    };
    let before = Sums {
        gross: sum(|line| line.noted.gross)?,
        net: sum(|line| line.noted.net)?,
        tax: sum(|line| line.noted.tax)?,
    };
    let to_date = before.gross.plus(gross)?;
    let is_whole = kind == DocumentKind::CreditNote && to_date == whole.gross;
    let net = if is_whole {
        whole.net
    } else {
        to_date.less_percent(original.commission_percent, settings.rounding)
    };
    let after = Sums { gross: to_date, net, tax: whole.tax };
    let tax = if is_whole {
        whole.tax
    } else {
        percent_of(after.base(original.tax_base), rate.1, settings.rounding)
    };
    Ok(Sums { gross, net: net.minus(before.net)?, tax: tax.minus(before.tax)? })
}

impl Sums {
    /// What is taxed of it.
    fn base(self, base: TaxBase) -> Money {
        base.of(self.net, self.gross)
    }
}

/// The lines with their parts of what the row comes to, by largest remainder.
fn with_figures(
    original: &Original,
    row: &Sums,
    pieces: &[&Piece<'_>],
    settings: Settings,
) -> Result<Vec<NoteLine>, MoneyError> {
    let commissions: Result<Vec<Exact>, _> =
        pieces.iter().map(|piece| exactly(piece.gross, original.commission_percent)).collect();
    let commissions = apportion(row.gross.minus(row.net)?, &commissions?, settings.remainder)?;
    let mut lines = Vec::with_capacity(pieces.len());
    for (piece, commission) in pieces.iter().zip(commissions) {
        lines.push(NoteLine {
            corrects: piece.of.number,
            line: piece.of.line,
            bucket: piece.bucket,
            quantity: piece.quantity,
            unit: piece.unit,
            gross: piece.gross,
            commission,
            net: piece.gross.minus(commission)?,
            tax: LineTax { amount: Money::zero(original.currency), ..piece.of.tax.clone() },
            gl_revenue: piece.of.gl_revenue.clone(),
            units: piece.units,
            retaxes: false,
        });
    }
    let taxes: Result<Vec<Exact>, _> = lines
        .iter()
        .map(|line| {
            let base =
                Sums { gross: line.gross, net: line.net, tax: line.tax.amount }.base(original.tax_base);
            exactly(base, line.tax.percent)
        })
        .collect();
    for (line, tax) in lines.iter_mut().zip(apportion(row.tax, &taxes?, settings.remainder)?) {
        line.tax.amount = tax;
    }
    Ok(lines)
}
