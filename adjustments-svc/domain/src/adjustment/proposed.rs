//! Corrections that rating proposes: a draft that follows what rating holds until somebody asks for its approval.

#[cfg(test)]
mod tests;

use ids::{AccountId, AdjustmentId, EntityId, InvoiceId};
use jiff::{Timestamp, civil::Date};
use money::Currency;

use super::{AdjustedLine, Adjustment, AdjustmentRefusal, Ending, Proposal, State, create, edit, mendable};
use crate::act::Act;

/// Of what rating holds of a line of an order in an origin period, what one document takes back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    pub account: AccountId,
    /// Its resource name.
    pub order: String,
    /// The line's number in the order.
    pub line: String,
    /// First and last day.
    pub origin: (Date, Date),
    pub invoice: InvoiceId,
}

/// Who has made it where nobody is known who made the difference.
const SYSTEM: &str = "system";

/// A draft of a correction. Whoever made the difference are its makers, so that none of them approves it.
pub fn propose(
    id: AdjustmentId,
    place: (EntityId, AccountId, InvoiceId, Currency),
    said: (Proposal, Vec<AdjustedLine>),
    (makers, at): (&[String], Timestamp),
) -> Adjustment {
    let by = makers.first().map_or_else(|| SYSTEM.to_owned(), String::clone);
    let editors = makers.iter().skip(1).cloned().collect();
    Adjustment { editors, ..create(id, place, said, Act { by, at }) }
}

/// Rating holds something else of the same document now. What somebody has given as evidence stays, and whoever has a part in it
/// keeps it.
///
/// Order of refusal: ADJUSTMENT_STATE.
pub fn follow(
    adjustment: &Adjustment,
    (proposal, lines): (Proposal, Vec<AdjustedLine>),
    makers: &[String],
) -> Result<Adjustment, AdjustmentRefusal> {
    let proposal = Proposal { evidence: adjustment.evidence.clone(), ..proposal };
    let mut followed = edit(adjustment, (proposal, lines), &adjustment.made.by)?;
    for maker in makers {
        if *maker != followed.made.by && !followed.editors.contains(maker) {
            followed.editors.push(maker.clone());
        }
    }
    Ok(followed)
}

/// Rating holds nothing of it any more, or somebody has read it and does not ask for it.
///
/// Order of refusal: ADJUSTMENT_STATE.
pub fn lapse(adjustment: &Adjustment) -> Result<Adjustment, AdjustmentRefusal> {
    mendable(adjustment)?;
    let ended = State::Ended { how: Ending::Withdrawn, approval: adjustment.state.approval() };
    Ok(Adjustment { state: ended, ..adjustment.clone() })
}
