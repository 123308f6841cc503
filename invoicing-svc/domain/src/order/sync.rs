use std::collections::BTreeMap;

use ids::{AccountId, EntityId, RunId};
use money::Currency;

use super::check::check;
use super::{Booking, Facts, Order, OrderRefusal};

/// What is known of an order before it is said again.
#[derive(Clone, Debug)]
pub struct Known {
    pub revision: i64,
    pub content_digest: [u8; 32],
    pub account: AccountId,
    pub entity: EntityId,
    pub currency: Currency,
    /// By number.
    pub lines: BTreeMap<String, KnownLine>,
}

/// What is known of a line.
#[derive(Clone, Copy, Debug)]
pub struct KnownLine {
    pub terms_digest: [u8; 32],
    pub billing: LineBilling,
}

/// How far the billing of a line has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineBilling {
    Open,
    /// A draft of this run has it, and no document yet.
    InDraft(RunId),
    /// Here, or by another system (an opening balance), whether or not it is in a draft too.
    Billed,
}

/// What becomes of an order that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Create(Booking),
    /// A newer revision takes the place of the known one.
    Amend(Booking),
    /// It is known as it is said.
    Unchanged,
}

/// Takes what the order system says, or refuses it in the order of [`OrderRefusal`].
pub fn sync(known: Option<&Known>, order: &Order, facts: Facts<'_>) -> Result<Decision, OrderRefusal> {
    let account = facts
        .account
        .ok_or_else(|| OrderRefusal::UnknownAccount { account: format!("accounts/{}", order.account) })?;
    let entity = facts.entity.ok_or_else(|| OrderRefusal::UnknownBillingEntity {
        billing_entity: format!("billingEntities/{}", order.entity),
    })?;
    let Some(known) = known else {
        return check(order, account, *entity, facts.products).map(Decision::Create);
    };
    if is_known(known, order)? {
        return Ok(Decision::Unchanged);
    }
    if let Some(line) =
        known.lines.keys().find(|number| order.lines.iter().all(|line| line.number != **number))
    {
        return Err(OrderRefusal::LineAbsent { line: line.clone(), revision: order.revision });
    }
    let booking = check(order, account, *entity, facts.products)?;
    check_terms(known, order, &booking)?;
    Ok(Decision::Amend(booking))
}

/// The terms of what is billed stay as they are, and those of what is in a draft until its run is over: issuing adds
/// nothing to a draft, so what the draft says would no longer be what the order says.
fn check_terms(known: &Known, order: &Order, booking: &Booking) -> Result<(), OrderRefusal> {
    let mut in_draft = None;
    for (line, terms) in order.lines.iter().zip(&booking.lines) {
        let changed = known.lines.get(&line.number).filter(|known| known.terms_digest != terms.digest);
        match changed.map(|known| known.billing) {
            Some(LineBilling::Billed) => {
                return Err(OrderRefusal::AmendmentScopeMissing { line: line.number.clone() });
            }
            Some(LineBilling::InDraft(run)) => in_draft = in_draft.or(Some((line, run))),
            Some(LineBilling::Open) | None => {}
        }
    }
    in_draft.map_or(Ok(()), |(line, run)| {
        Err(OrderRefusal::LineInDraft { line: line.number.clone(), run: format!("billingRuns/{run}") })
    })
}

/// True for the known revision, false for a newer one.
fn is_known(known: &Known, order: &Order) -> Result<bool, OrderRefusal> {
    let external_id = || order.external_id.id.clone();
    if known.account != order.account {
        return Err(OrderRefusal::BillToMoved { external_id: external_id() });
    }
    if known.entity != order.entity {
        return Err(OrderRefusal::BillingEntityMoved { external_id: external_id() });
    }
    if known.currency != order.currency {
        let (known, received) = (known.currency.to_string(), order.currency.to_string());
        return Err(OrderRefusal::CurrencyMoved { external_id: external_id(), known, received });
    }
    if order.revision < known.revision {
        let (known, received) = (known.revision, order.revision);
        return Err(OrderRefusal::RevisionStale { external_id: external_id(), known, received });
    }
    if order.revision > known.revision {
        return Ok(false);
    }
    if order.content_digest() != known.content_digest {
        return Err(OrderRefusal::RevisionConflict { external_id: external_id(), revision: order.revision });
    }
    Ok(true)
}
