//! What a run took back by a line below zero on a later document is not credited once more.

use ids::LineId;
use jiff::civil::Date;
use money::Money;

use super::{Note, NoteLine, NoteRefusal};
use crate::figure::grouped;

/// An order line of which a run took something back in an origin period.
#[derive(Clone, Debug)]
pub struct TakenBack {
    pub line: LineId,
    /// The first day of the period.
    pub origin: Date,
    /// What all documents and notes come to there, before commission.
    pub stands: Money,
    /// The number of the latest document that took something back.
    pub by: String,
}

/// A credit takes no more of an order line's period than stands of it. `taken_back` are those of the corrected document.
///
/// Refusal: TAKEN_BACK_SINCE.
pub fn check_taken_back(credit: &Note, taken_back: &[TakenBack]) -> Result<(), NoteRefusal> {
    for TakenBack { line, origin, stands, by } in taken_back {
        let is_of = |of: &&NoteLine| (of.line, of.bucket.origin.first()) == (*line, *origin);
        let of: Vec<&NoteLine> = credit.lines.iter().filter(is_of).collect();
        let asked = Money::sum(credit.currency, of.iter().map(|of| of.gross))?;
        if let Some(first) = of.first()
            && asked.is_positive()
            && asked.compare(*stands)?.is_gt()
        {
            return Err(NoteRefusal::TakenBackSince {
                line: first.corrects,
                invoice: by.clone(),
                stands: grouped(*stands),
                asked: grouped(asked),
            });
        }
    }
    Ok(())
}
