//! Which purchase order a draft goes on, and whether it has room for it.

use calendar::Days;
use money::{Money, MoneyError};

use super::Finding;
use crate::order::PurchaseOrder;
use crate::order::purchase_order::{Used, name, use_up};

/// The purchase order of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// `None`: the order has none that can be used.
    pub number: Option<String>,
    /// What is wrong with it.
    pub finding: Option<Finding>,
}

/// Chooses for a draft that bills `net` for `period`, in the order of the drafts, and counts it as used: `used` is what is billed
/// on the purchase orders of its account, net of commission, by documents and by the drafts that come before.
///
/// The number that somebody typed in goes before the order's own; a number that the order does not know, however it is
/// written, has no limit.
/// Of the order's own the first that still holds and has room is taken. Where none has, the draft waits, and what it
/// would have used stays free for the drafts after it.
pub fn choose(
    known: &[PurchaseOrder],
    typed_in: Option<&str>,
    (net, period): (Money, Days),
    used: &mut Used,
) -> Result<Chosen, MoneyError> {
    let typed = typed_in.map(|number| {
        let known = known.iter().find(|known| name(&known.number) == name(number));
        let number = number.to_owned();
        let (value, expires) = known.map_or((None, None), |known| (known.value, known.expires));
        PurchaseOrder { number, value, expires }
    });
    let candidates = typed.as_ref().map_or(known, std::slice::from_ref);
    let mut finding = None;
    for candidate in candidates {
        match refuse(candidate, (net, period), used)? {
            None => {
                use_up(used, &candidate.number, net)?;
                return Ok(Chosen { number: Some(candidate.number.clone()), finding: None });
            }
            // What is used up says more than what has expired.
            Some(found) => finding = Some(found),
        }
    }
    Ok(Chosen { number: typed.map(|typed| typed.number), finding })
}

fn refuse(
    candidate: &PurchaseOrder,
    (net, period): (Money, Days),
    used: &Used,
) -> Result<Option<Finding>, MoneyError> {
    let number = || candidate.number.clone();
    // What was delivered before it expired may be billed on it afterwards.
    if let Some(expired) = candidate.expires.filter(|expires| *expires < period.first()) {
        return Ok(Some(Finding::PurchaseOrderExpired { number: number(), expired }));
    }
    let Some(value) = candidate.value.filter(|value| value.currency() == net.currency()) else {
        return Ok(None);
    };
    let before = used.get(&name(&candidate.number)).copied();
    let before = before
        .filter(|used| used.currency() == net.currency())
        .map_or(Money::zero(net.currency()), |used| used);
    if before.plus(net)?.amount() <= value.amount() {
        return Ok(None);
    }
    Ok(Some(Finding::PurchaseOrderUsedUp { number: number(), value, used: before, net }))
}
