use std::collections::BTreeMap;

use calendar::Days;
use ids::{AccountId, EntityId, RunId};
use money::{Currency, Money};

use super::amend::{amend, check_model};
use super::check::check;
use super::guideline::look;
use super::{Booking, EntityFacts, Facts, Order, OrderRefusal, OrderReview, Part, TermSegment};

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
#[derive(Clone, Debug)]
pub struct KnownLine {
    pub terms_digest: [u8; 32],
    /// What it is booked for before discount.
    pub list_amount: Money,
    /// What its money follows from, text by term; empty where nobody kept it.
    pub said: BTreeMap<String, String>,
    /// Here, or by another system (an opening balance).
    pub is_billed: bool,
    pub draft: Option<InDraft>,
    /// Its prices by day, in order.
    pub segments: Vec<TermSegment>,
    /// The parts of a fee.
    pub parts: Vec<Part>,
    /// What was billed of a fee, by billing period.
    pub billed: Vec<(Days, Money)>,
}

/// A draft that has a line, and no document yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InDraft {
    /// Its run can rate it again.
    Waiting(RunId),
    /// It is approved, and is issued as it is.
    Signed(RunId),
}

/// What becomes of an order that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Create(Booking),
    /// A newer revision takes the place of the known one.
    Amend(Booking),
    /// Somebody has to look at it first.
    Review(Vec<OrderReview>),
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
        let booking = check(order, account, *entity, facts.products)?;
        let waits = looked_at(Vec::new(), (order, None), &booking, &facts);
        return Ok(waits.unwrap_or(Decision::Create(booking)));
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
    let (booking, findings) = amended(known, order, booking, *entity)?;
    let waits = looked_at(findings, (order, Some(known)), &booking, &facts);
    Ok(waits.unwrap_or(Decision::Amend(booking)))
}

/// What somebody has to look at before the order is taken, if there is anything.
fn looked_at(
    found: Vec<OrderReview>,
    (order, known): (&Order, Option<&Known>),
    booking: &Booking,
    facts: &Facts<'_>,
) -> Option<Decision> {
    let findings = found.into_iter().chain(look(order, known, booking, facts));
    let findings: Vec<_> = findings.filter(|finding| !facts.is_approved || finding.stays()).collect();
    (!findings.is_empty()).then_some(Decision::Review(findings))
}

/// The booking of a known order: lines that are known keep what was agreed of their days and periods.
fn amended(
    known: &Known,
    order: &Order,
    booking: Booking,
    entity: EntityFacts,
) -> Result<(Booking, Vec<OrderReview>), OrderRefusal> {
    let (mut lines, mut findings) = (Vec::with_capacity(order.lines.len()), Vec::new());
    let billing = order.billing(entity.fiscal);
    for (line, terms) in order.lines.iter().zip(booking.lines) {
        let Some(known) = known.lines.get(&line.number) else {
            lines.push(terms);
            continue;
        };
        check_model(known, line, &terms)?;
        let by = (order.revision, entity.remainder);
        let (terms, found) = amend(known, (line, billing), terms, by)?;
        lines.push(terms);
        findings.extend(found);
    }
    Ok((Booking { lines, ..booking }, findings))
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
