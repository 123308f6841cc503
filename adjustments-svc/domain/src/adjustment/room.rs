//! Whether a document has what an adjustment would take back. What that does to commission, tax and the books is
//! invoicing's to say: it issues the note.

use std::collections::BTreeMap;

use money::{Currency, Money};

use super::{AdjustedLine, AdjustmentKind, AdjustmentRefusal};

/// An amount of each line of a document.
pub type OfLines = BTreeMap<i32, Money>;

/// Checks the lines of an adjustment by themselves.
///
/// Order of refusal: NOTHING_TO_ADJUST, LINE_AMOUNT.
pub fn check(invoice: &str, currency: Currency, asked: &[AdjustedLine]) -> Result<(), AdjustmentRefusal> {
    if asked.is_empty() {
        return Err(AdjustmentRefusal::Nothing { invoice: invoice.to_owned() });
    }
    for (place, line) in asked.iter().enumerate() {
        let again = asked.iter().take(place).any(|other| other.number == line.number);
        if again || line.gross.currency() != currency || !line.gross.is_positive() {
            let amount = format!("{} {}", line.gross.currency(), line.gross);
            return Err(AdjustmentRefusal::LineAmount { line: line.number, amount });
        }
    }
    Ok(())
}

/// What is left of each line afterwards. `after` is what documents would leave of it if only this adjustment became one,
/// `pending` what others ask for.
///
/// Order of refusal: LINE_EXHAUSTED.
pub fn leave(
    kind: AdjustmentKind,
    asked: &[AdjustedLine],
    after: &OfLines,
    pending: &OfLines,
) -> Result<OfLines, AdjustmentRefusal> {
    let mut left = OfLines::new();
    for line in asked {
        let none = Money::zero(line.gross.currency());
        let after = *after.get(&line.number).unwrap_or(&none);
        let pending = *pending.get(&line.number).unwrap_or(&none);
        let rest = after.minus(pending)?;
        if kind.takes_back() && rest.is_negative() {
            return Err(AdjustmentRefusal::LineExhausted {
                line: line.number,
                asked: line.gross.to_string(),
                left: rest.plus(line.gross)?.to_string(),
                pending: pending.to_string(),
            });
        }
        left.insert(line.number, rest);
    }
    Ok(left)
}
