use calendar::Holidays;
use ids::{AccountId, DisputeId, EntityId, InvoiceId, Revision};
use money::Money;

use super::{Dispute, DisputeRefusal, Reason, Stage, State};
use crate::{act::Act, service_clock::ServiceClock};

/// Within how many business days somebody looks at what is new.
const TRIAGE_DAYS: u32 = 1;

/// Within how many business days what was taken up again is settled.
const REOPENED_DAYS: u32 = 5;

/// What is known of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The resource name.
    pub name: String,
    pub account: AccountId,
    pub entity: EntityId,
    /// The account's; empty: none.
    pub territory: String,
    pub invoice: InvoiceId,
    pub number: String,
    pub is_credit_note: bool,
    /// The numbers of its lines; looked at where the claim names lines.
    pub lines: Vec<i32>,
    pub open: Money,
    /// What other disputes say of it.
    pub disputed: Money,
}

impl Document {
    /// The same document, of which other disputes say so much.
    #[must_use]
    pub fn with(&self, disputed: Money) -> Self {
        Self { disputed, ..self.clone() }
    }
}

/// What the customer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub amount: Money,
    /// None: the document as such.
    pub lines: Vec<i32>,
    pub reason: Reason,
    pub words: String,
    pub contact: String,
}

/// Takes a dispute in.
///
/// Order of refusal: DOCUMENT_NOT_OWED, LINE_MISSING, DISPUTED_AMOUNT, DISPUTE_ABOVE_OPEN.
pub fn open(
    id: DisputeId,
    document: &Document,
    claim: Claim,
    opened: Act,
    holidays: &Holidays,
) -> Result<Dispute, DisputeRefusal> {
    if document.is_credit_note {
        return Err(DisputeRefusal::NotOwed { document: document.name.clone() });
    }
    if let Some(line) = claim.lines.iter().find(|line| !document.lines.contains(line)) {
        return Err(DisputeRefusal::LineMissing { document: document.name.clone(), line: *line });
    }
    check(document, claim.amount)?;
    let Claim { amount, lines, reason, words, contact } = claim;
    Ok(Dispute {
        id,
        revision: Revision::FIRST,
        account: document.account,
        entity: document.entity,
        territory: document.territory.clone(),
        invoice: document.invoice,
        number: document.number.clone(),
        amount,
        lines,
        reason,
        words,
        contact,
        cause: None,
        clock: ServiceClock::start(opened.at, TRIAGE_DAYS, holidays),
        opened,
        state: State::Opened,
    })
}

/// The customer disputes another amount. `document.disputed` is what the other disputes say.
///
/// Order of refusal: DISPUTE_STATE, DISPUTED_AMOUNT, DISPUTE_ABOVE_OPEN.
pub fn change_amount(
    dispute: &Dispute,
    document: &Document,
    amount: Money,
) -> Result<Dispute, DisputeRefusal> {
    if dispute.state.resolution().is_some() {
        return Err(dispute.needs("a dispute that is not settled; reopen it"));
    }
    check(document, amount)?;
    Ok(Dispute { amount, ..dispute.clone() })
}

/// The customer does not take how it ended, and disputes so much again.
///
/// Order of refusal: DISPUTE_STATE, DISPUTED_AMOUNT, DISPUTE_ABOVE_OPEN.
pub fn reopen(
    dispute: &Dispute,
    document: &Document,
    amount: Money,
    (act, holidays): (&Act, &Holidays),
) -> Result<Dispute, DisputeRefusal> {
    let (Some(_), State::Owned { owner, .. }) = (dispute.state.resolution(), &dispute.state) else {
        return Err(dispute.needs("RESOLVED or CLOSED"));
    };
    check(document, amount)?;
    let clock = ServiceClock::start(act.at, REOPENED_DAYS, holidays);
    Ok(Dispute { amount, clock, ..dispute.staged(owner, Stage::Reopened) })
}

fn check(document: &Document, amount: Money) -> Result<(), DisputeRefusal> {
    let currency = document.open.currency();
    if !amount.is_positive() || amount.currency() != currency {
        let (amount, currency) = (amount.to_string(), currency.code().to_owned());
        return Err(DisputeRefusal::Amount { amount, currency });
    }
    if amount.plus(document.disputed)?.compare(document.open)?.is_gt() {
        return Err(DisputeRefusal::AboveOpen {
            document: document.name.clone(),
            open: document.open.to_string(),
            disputed: document.disputed.to_string(),
            asked: amount.to_string(),
        });
    }
    Ok(())
}

/// What can be shown as disputed where so much is open: what is paid or credited meanwhile is not disputed any more.
pub fn within(disputed: Money, open: Money) -> Result<Money, DisputeRefusal> {
    if disputed.compare(open)?.is_le() {
        return Ok(disputed);
    }
    Ok(if open.is_negative() { Money::zero(open.currency()) } else { open })
}
