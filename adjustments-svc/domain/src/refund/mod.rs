//! Money of a customer that somebody wants to give back: asked for, approved by others, and done by invoicing, once.
//!
//! REF-1: of no receipt or credit note is more asked for than is left of it, and of no account more than its credit beyond
//! what is open, disputed or written off, what is only asked for counted in.

mod refusal;
#[cfg(test)]
mod tests;

pub use refusal::RefundRefusal;

use ids::{AccountId, ActivityId, ApprovalId, EntityId, InvoiceId, RefundRequestId, Revision};
use jiff::{SignedDuration, Timestamp};
use money::Money;

use crate::{
    act::Act,
    adjustment::Ending,
    approval::{self, Verdict},
    content_digest::ContentDigest,
    subject::Digest,
};

/// How long whoever has changed the account has no say in where its money goes.
pub const CHANGED_LATELY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What a refund is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Receipt(ActivityId),
    CreditNote(InvoiceId),
}

/// What is to be given back, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub account: AccountId,
    pub entity: EntityId,
    pub source: Source,
    /// Above zero.
    pub amount: Money,
    pub reason: String,
    /// Of the payment.
    pub reference: String,
}

/// A refund that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    pub id: RefundRequestId,
    pub revision: Revision,
    pub wanted: Wanted,
    pub made: Act,
    /// The request by which it is approved.
    pub approval: ApprovalId,
    pub state: State,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Submitted,
    Approved,
    /// `refund` is the resource name of the refund that it became.
    Executed {
        refund: String,
        at: Timestamp,
    },
    /// Without giving anything back. It is asked for anew, not mended.
    Ended(Ending),
}

/// What invoicing knows of the source and its account, in the entity and currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    /// What is left of the source.
    pub left: Money,
    /// All that the account has as credit.
    pub credit: Money,
    /// What is open on its documents, disputed or not.
    pub owed: Money,
}

impl State {
    /// The state's name, as contract, database and messages write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Submitted => "SUBMITTED",
            Self::Approved => "APPROVED",
            Self::Executed { .. } => "EXECUTED",
            Self::Ended(how) => how.name(),
        }
    }
}

impl Wanted {
    /// What exactly would be approved.
    pub fn digest(&self) -> Digest {
        let mut digest = ContentDigest::of("refund/1");
        digest.written(self.account);
        digest.written(self.entity);
        match self.source {
            Source::Receipt(receipt) => digest.written(receipt),
            Source::CreditNote(note) => digest.written(note),
        }
        digest.written(self.amount.currency());
        digest.written(self.amount);
        digest.text(&self.reason);
        digest.text(&self.reference);
        digest.finish()
    }
}

/// Checks that so much can be given back beside what is asked for of the account already.
///
/// Order of refusal: REFUND_ABOVE_SOURCE, REFUND_ABOVE_CREDIT.
pub fn check(wanted: &Wanted, credit: Credit, pending: &[RefundRequest]) -> Result<(), RefundRefusal> {
    let currency = wanted.amount.currency();
    let same = |other: &&Wanted| other.entity == wanted.entity && other.amount.currency() == currency;
    let others = pending.iter().map(|other| &other.wanted).filter(same);
    let of_source = others.clone().filter(|other| other.source == wanted.source);
    let of_source = Money::sum(currency, of_source.map(|other| other.amount))?;
    if wanted.amount.compare(credit.left.minus(of_source)?)?.is_gt() {
        return Err(RefundRefusal::AboveSource {
            asked: wanted.amount.to_string(),
            left: credit.left.to_string(),
            pending: of_source.to_string(),
        });
    }
    let of_account = Money::sum(currency, others.map(|other| other.amount))?;
    let free = credit.credit.minus(credit.owed)?.minus(of_account)?;
    if wanted.amount.compare(free)?.is_gt() {
        let refundable = if free.is_negative() { Money::zero(currency) } else { free };
        return Err(RefundRefusal::AboveCredit {
            asked: wanted.amount.to_string(),
            refundable: refundable.to_string(),
            credit: credit.credit.to_string(),
            owed: credit.owed.to_string(),
            pending: of_account.to_string(),
        });
    }
    Ok(())
}

/// A refund is asked for, by a request for approval.
pub fn submit(
    id: RefundRequestId,
    wanted: Wanted,
    made: Act,
    (approval, answer): (ApprovalId, &approval::State),
) -> RefundRequest {
    let state = State::Submitted;
    settled(&RefundRequest { id, revision: Revision::FIRST, wanted, made, approval, state }, answer)
}

/// Follows its request for approval. What has ended or is executed stays as it is; what was approved can still become void.
pub fn settled(refund: &RefundRequest, request: &approval::State) -> RefundRequest {
    let (State::Submitted | State::Approved) = refund.state else { return refund.clone() };
    let state = match request.verdict() {
        Verdict::Pending => refund.state.clone(),
        Verdict::Granted => State::Approved,
        Verdict::Ended(how) => State::Ended(how),
    };
    RefundRequest { state, ..refund.clone() }
}

/// Whether it can be taken back: it waits for its approval.
///
/// Order of refusal: REFUND_STATE.
pub fn withdrawable(refund: &RefundRequest) -> Result<(), RefundRefusal> {
    match &refund.state {
        State::Submitted => Ok(()),
        State::Approved | State::Executed { .. } | State::Ended(_) => Err(refund.needs("SUBMITTED")),
    }
}

/// What was approved is not there any more: it ends without giving anything back.
///
/// Order of refusal: REFUND_STATE.
pub fn void(refund: &RefundRequest) -> Result<RefundRequest, RefundRefusal> {
    match &refund.state {
        State::Approved => Ok(RefundRequest { state: State::Ended(Ending::Voided), ..refund.clone() }),
        State::Submitted | State::Executed { .. } | State::Ended(_) => Err(refund.needs("APPROVED")),
    }
}

/// The money was given back.
///
/// Order of refusal: REFUND_STATE.
pub fn executed(
    refund: &RefundRequest,
    became: String,
    at: Timestamp,
) -> Result<RefundRequest, RefundRefusal> {
    match &refund.state {
        State::Approved => {
            Ok(RefundRequest { state: State::Executed { refund: became, at }, ..refund.clone() })
        }
        State::Submitted | State::Executed { .. } | State::Ended(_) => Err(refund.needs("APPROVED")),
    }
}

impl RefundRequest {
    fn needs(&self, needed: &str) -> RefundRefusal {
        RefundRefusal::WrongState {
            refund: self.id.to_string(),
            state: self.state.name().to_owned(),
            needed: needed.to_owned(),
        }
    }
}
