//! What the lines of a note come to, and what is left of those that they correct.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use invoicing_domain::{
    invoice::DocumentKind,
    note::{Note, NoteLine},
};
use money::Money;

use super::issue_note::Drawn;
use crate::{store::note::Corrected, wire::money::message};

/// The lines of a note that is not recorded, with what it would leave.
pub(super) fn preview(drawn: &Drawn) -> Result<pb::NotePreview, Failure> {
    let Drawn { subject, note, owed, .. } = drawn;
    let lines = note.lines.iter().map(line).collect::<Result<_, Failure>>()?;
    Ok(pb::NotePreview {
        document: Some(pb::Invoice { lines, ..pb::Invoice::default() }),
        lines_left: left(&subject.corrected, note, owed)?,
        ..pb::NotePreview::default()
    })
}

fn line(line: &NoteLine) -> Result<pb::InvoiceLine, Failure> {
    Ok(pb::InvoiceLine {
        corrects_line: number(line.corrects)?,
        gross: Some(message(line.gross)),
        commission: Some(message(line.commission)),
        net: Some(message(line.net)),
        tax: Some(message(line.tax.amount)),
        ..pb::InvoiceLine::default()
    })
}

/// What is left of the lines that the note names, beside what is made good instead.
pub(super) fn left(
    corrected: &Corrected,
    note: &Note,
    owed: &BTreeMap<u32, Money>,
) -> Result<Vec<pb::LineLeft>, Failure> {
    let named =
        corrected.original.lines.iter().filter(|line| note.lines.iter().any(|of| of.corrects == line.number));
    named
        .map(|line| {
            let taken = note.lines.iter().filter(|of| of.corrects == line.number).map(|of| of.gross);
            let mut left = line.left().map_err(|error| anyhow!(error))?;
            for gross in taken.filter(|_| note.kind == DocumentKind::CreditNote) {
                left = left.minus(gross).map_err(|error| anyhow!(error))?;
            }
            if let Some(owed) = owed.get(&line.number) {
                left = left.minus(*owed).map_err(|error| anyhow!(error))?;
            }
            Ok(pb::LineLeft { line: number(line.number)?, gross: Some(message(left)) })
        })
        .collect()
}

fn number(number: u32) -> Result<i32, Failure> {
    Ok(i32::try_from(number).context("a line with a number beyond integer")?)
}
