//! Whether a document has what an adjustment would take back. What that does to commission, tax and the books is
//! invoicing's to say: it issues the note.

use std::collections::BTreeMap;

use money::Money;

use super::{AdjustedLine, AdjustmentKind, AdjustmentRefusal, WHOLE};

/// An amount of each line of a document.
pub type OfLines = BTreeMap<i32, Money>;

/// What is left of each line of the document with a name afterwards. `after` is what documents would leave of it if only this adjustment
/// became one, `pending` what others ask for.
///
/// Order of refusal: LINE_EXHAUSTED.
pub fn leave(
    name: &str,
    kind: AdjustmentKind,
    asked: &[AdjustedLine],
    after: &OfLines,
    pending: &OfLines,
) -> Result<OfLines, AdjustmentRefusal> {
    let mut left = OfLines::new();
    for line in asked {
        let none = Money::zero(line.amount.currency());
        let after = *after.get(&line.number).unwrap_or(&none);
        let pending = *pending.get(&line.number).unwrap_or(&none);
        let rest = after.minus(pending)?;
        if kind.takes_back() && rest.is_negative() {
            return Err(AdjustmentRefusal::LineExhausted {
                line: line.number,
                of: if line.number == WHOLE { name.to_owned() } else { format!("line {}", line.number) },
                asked: line.amount.to_string(),
                left: rest.plus(line.amount)?.to_string(),
                pending: pending.to_string(),
            });
        }
        left.insert(line.number, rest);
    }
    Ok(left)
}
