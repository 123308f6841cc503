//! What a note says, in one hash.

use ids::{AccountId, InvoiceId};
use money::Money;

use super::{Note, NoteBasis};
use crate::content_digest::ContentDigest;
use crate::invoice::DocumentKind;

/// SHA-256 over everything that money follows, in the form `note/1` of [`ContentDigest`].
///
/// Head: corrected document, of a rebill's invoice the account that it bills, kind, basis, currency, gross, commission, net, tax, total, number of tax rows, of each category,
/// percent, base and tax, number of lines. Line: corrected line, order line, quantity, unit, rate, price base, gross,
/// commission, net, GL account, place, category, percent, tax, units of the ledger.
pub fn digest(corrects: InvoiceId, to: Option<AccountId>, note: &Note) -> [u8; 32] {
    let mut said = ContentDigest::of("note/1");
    said.written(corrects);
    if let Some(account) = to {
        said.written(account);
    }
    said.text(match note.kind {
        DocumentKind::Invoice => "INVOICE",
        DocumentKind::CreditNote => "CREDIT_NOTE",
        DocumentKind::DebitNote => "DEBIT_NOTE",
    });
    said.text(match note.basis {
        NoteBasis::Correction => "CORRECTION",
        NoteBasis::Commercial => "COMMERCIAL",
        NoteBasis::Tax => "TAX",
        NoteBasis::Makegood => "MAKEGOOD",
        NoteBasis::Rebill => "REBILL",
    });
    said.written(note.currency);
    amounts(&mut said, [note.gross, note.commission, note.net, note.tax, note.total]);
    said.count(note.taxes.len());
    for row in &note.taxes {
        said.text(row.treatment.category.code());
        said.written(row.treatment.percent);
        amounts(&mut said, [row.base, row.tax]);
    }
    said.count(note.lines.len());
    for line in &note.lines {
        said.written(line.corrects);
        said.written(line.line);
        said.written(line.quantity.normalize());
        said.text(line.unit.name());
        said.written(line.bucket.rate);
        said.written(line.bucket.price_base);
        amounts(&mut said, [line.gross, line.commission, line.net]);
        said.text(&line.gl_revenue);
        said.text(line.tax.place.as_str());
        said.text(line.tax.category.code());
        said.written(line.tax.percent);
        amounts(&mut said, [line.tax.amount]);
        said.written(line.units.normalize());
    }
    said.finish()
}

fn amounts<const N: usize>(said: &mut ContentDigest, amounts: [Money; N]) {
    for amount in amounts {
        said.written(amount);
    }
}
