//! What is taken back: the same act once more, with its amount below zero, so that whatever sums acts needs to know nothing.

use ids::{ActivityId, InvoiceId};
use jiff::civil::Date;
use money::Money;

use super::{Activity, Moved, ReceivableRefusal};
use crate::billing_run::Act;
use crate::figure::grouped;

/// On which day and why something is taken back, and by whom.
#[derive(Clone, Debug)]
pub struct Reversal {
    pub day: Date,
    pub reason: String,
    pub act: Act,
}

impl Reversal {
    fn of(&self, activity: &Activity, id: ActivityId) -> Activity {
        Activity {
            id,
            day: self.day,
            amount: activity.amount.negate(),
            reason: self.reason.clone(),
            approval: None,
            reverses: Some(activity.id),
            act: self.act.clone(),
            ..activity.clone()
        }
    }
}

/// Takes what is on a document of a receipt off again: it is unapplied cash. `taken` is the receipt and what was taken from it.
pub fn taken_off(
    taken: &[Activity],
    document: InvoiceId,
    reversal: &Reversal,
    mut id: impl FnMut() -> ActivityId,
) -> Result<Vec<Activity>, ReceivableRefusal> {
    let on = |activity: &&Activity| matches!(&activity.moved, Moved::Allocation { document: of, .. } if *of == document);
    let back: Vec<Activity> = taken.iter().filter(on).map(|activity| reversal.of(activity, id())).collect();
    if back.is_empty() {
        return Err(ReceivableRefusal::NotAllocated { document: document.to_string() });
    }
    Ok(back)
}

/// Takes back a receipt whose money did not come after all, and everything of it that is on documents.
///
/// Order of refusal: RECEIPT_REVERSED, RECEIPT_USED.
pub fn bounced(
    taken: &[Activity],
    reversal: &Reversal,
    mut id: impl FnMut() -> ActivityId,
) -> Result<Vec<Activity>, ReceivableRefusal> {
    let mut used: Option<Money> = None;
    let (mut back, mut came) = (Vec::with_capacity(taken.len()), None);
    for activity in taken {
        match activity.moved {
            Moved::Receipt { .. } => came = Some(activity),
            Moved::Allocation { .. } => back.push(reversal.of(activity, id())),
            Moved::Refund(_) | Moved::Recovery { .. } => {
                used = Some(used.map_or(Ok(activity.amount), |used| used.plus(activity.amount))?);
            }
            Moved::Credit { .. } | Moved::WriteOff { .. } | Moved::TaxRelief { .. } => {}
        }
    }
    let came = came.ok_or(ReceivableRefusal::ReceiptReversed)?;
    if let Some(used) = used {
        return Err(ReceivableRefusal::ReceiptUsed { used: grouped(used) });
    }
    // What was on documents is unapplied first, and then it is gone.
    back.push(reversal.of(came, id()));
    Ok(back)
}
