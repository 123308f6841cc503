//! Dispute ↔ domain.

use adjustments_domain::{
    dispute::{Claim, Dispute, Document, Outcome, Proposal, Resolution, Stage, State, Triage},
    root_cause::RootCause,
};
use anyhow::Context;
use billing_proto::billing::{adjustments::v1 as pb, invoicing::v1 as invoicing};
use ids::{AccountId, AdjustmentId, InvoiceId};
use money::{Currency, Money};
use refusal::{Refusal, Violations};

use super::{alike, money as wire_money, name, text, time};

/// Within how many business days a dispute is settled where nobody says.
const BUSINESS_DAYS: u32 = 10;

/// What a caller may ask for at most.
const BUSINESS_DAYS_MAX: u32 = 60;

/// How many lines a dispute may name, and how many notes may settle it.
const NAMES_MAX: usize = 100;

/// The document that a message disputes, and what the customer says of it.
pub fn parse(
    parent: &str,
    dispute: Option<&pb::Dispute>,
) -> Result<((AccountId, InvoiceId), Claim), Refusal> {
    let mut v = Violations::new();
    let account = name::account(&mut v, "parent", parent);
    let Some(dispute) = dispute else {
        v.add("dispute", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("dispute", |v| {
        let invoice = invoice_of(v, "invoice", &dispute.invoice, account);
        let amount = amount(v, "amount", dispute.amount.as_ref());
        let lines = lines(v, &dispute.lines);
        let reason = text::choice(v, "reason", dispute.reason).and_then(alike::dispute_reason);
        let words = text::required(v, "description", &dispute.description, 2_000);
        let contact = text::optional(v, "contact", &dispute.contact, 300);
        let claim =
            Claim { amount: amount?, lines: lines?, reason: reason?, words: words?, contact: contact? };
        Some((invoice?, claim))
    });
    let Some(parsed) = parsed else { return Err(v.refusal()) };
    v.check()?;
    Ok(parsed)
}

/// A document that must be the account's.
pub fn invoice_of(
    v: &mut Violations,
    field: &str,
    name: &str,
    account: Option<AccountId>,
) -> Option<(AccountId, InvoiceId)> {
    let (owner, invoice) = name::invoice(v, field, name)?;
    if account.is_some_and(|account| account != owner) {
        v.add(field, "is of another account than the dispute");
        return None;
    }
    Some((owner, invoice))
}

/// An amount that must be given; whether it is above zero is for the domain to say.
pub fn amount(v: &mut Violations, field: &str, value: Option<&invoicing::Money>) -> Option<Money> {
    match value {
        Some(value) => wire_money::amount(v, field, value),
        None => {
            v.add(field, "must be given");
            None
        }
    }
}

fn lines(v: &mut Violations, lines: &[i32]) -> Option<Vec<i32>> {
    let mut once = lines.to_vec();
    once.sort_unstable();
    once.dedup();
    if lines.len() > NAMES_MAX || once.len() != lines.len() {
        v.add("lines", format!("must name each line once, at most {NAMES_MAX}"));
        return None;
    }
    Some(once)
}

/// Whose a dispute is from now on, and until when.
pub fn triage(message: &pb::TriageDisputeRequest) -> Result<Triage, Refusal> {
    let mut v = Violations::new();
    let owner = text::account(&mut v, "owner", &message.owner);
    let cause = cause(&mut v, message.root_cause, &message.root_cause_detail);
    let days = match u32::try_from(message.business_days) {
        Ok(0) => Some(BUSINESS_DAYS),
        Ok(days) if days <= BUSINESS_DAYS_MAX => Some(days),
        Ok(_) | Err(_) => {
            v.add(
                "business_days",
                format!("must be from 1 to {BUSINESS_DAYS_MAX}, or 0 for {BUSINESS_DAYS}"),
            );
            None
        }
    };
    match (owner, cause, days) {
        (Some(owner), Some(cause), Some(business_days)) => Ok(Triage { owner, cause, business_days }),
        (_, _, _) => Err(v.refusal()),
    }
}

/// A root cause, or none. The outer `None` is a violation.
fn cause(v: &mut Violations, value: i32, detail: &str) -> Option<Option<RootCause>> {
    match text::optional_choice(v, "root_cause", value).map(alike::cause)? {
        Some(cause) => {
            let read =
                RootCause::of(cause, detail).ok_or("is none of this root cause; ListRootCauses names them");
            v.take("root_cause_detail", read).map(Some)
        }
        None if detail.is_empty() => Some(None),
        None => {
            v.add("root_cause_detail", "must not be given without its root cause");
            None
        }
    }
}

/// How somebody would settle a dispute.
pub fn proposal(proposal: Option<&pb::DisputeProposal>) -> Result<Proposal, Refusal> {
    let mut v = Violations::new();
    let Some(proposal) = proposal else {
        v.add("proposal", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("proposal", |v| {
        let outcome = text::choice(v, "outcome", proposal.outcome).and_then(alike::dispute_outcome);
        let settled_by = settled_by(v, &proposal.settled_by);
        let words = text::required(v, "explanation", &proposal.explanation, 2_000);
        Some(Proposal { outcome: outcome?, settled_by: settled_by?, words: words? })
    });
    parsed.ok_or_else(|| v.refusal())
}

/// How somebody settles a dispute: the outcome, by which notes, why it came to that, and what the customer is told.
pub fn resolution(
    message: &pb::ResolveDisputeRequest,
) -> Result<(Outcome, Vec<String>, Option<RootCause>, String), Refusal> {
    let mut v = Violations::new();
    let outcome = text::choice(&mut v, "outcome", message.outcome).and_then(alike::dispute_outcome);
    let settled_by = settled_by(&mut v, &message.settled_by);
    let cause = cause(&mut v, message.root_cause, &message.root_cause_detail);
    let words = text::required(&mut v, "explanation", &message.explanation, 2_000);
    match (outcome, settled_by, cause, words) {
        (Some(outcome), Some(settled_by), Some(cause), Some(words)) => {
            Ok((outcome, settled_by, cause, words))
        }
        (_, _, _, _) => Err(v.refusal()),
    }
}

/// What is named, each once.
fn settled_by(v: &mut Violations, names: &[String]) -> Option<Vec<String>> {
    if names.len() > NAMES_MAX {
        v.add("settled_by", format!("has {} names; at most {NAMES_MAX} are taken", names.len()));
        return None;
    }
    for (place, name) in names.iter().enumerate() {
        if Settling::of(name).is_none() {
            let expected =
                "must be a resource name accounts/acc_…/adjustments/adj_… or accounts/acc_…/invoices/inv_…";
            v.add(&format!("settled_by[{place}]"), expected);
            return None;
        }
    }
    let mut each: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        if !each.contains(name) {
            each.push(name.clone());
        }
    }
    Some(each)
}

/// What settles a dispute, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settling {
    Adjustment((AccountId, AdjustmentId)),
    Note,
}

impl Settling {
    /// What has this name; `None`: nothing that could settle a dispute.
    pub fn of(name: &str) -> Option<Self> {
        let mut v = Violations::new();
        let adjustment = name::adjustment(&mut v, "name", name).map(Self::Adjustment);
        adjustment.or_else(|| name::invoice(&mut v, "name", name).map(|_| Self::Note))
    }
}

/// What invoicing knows of a document, with its account. What it answers is as it should be, or it is a fault.
pub fn document(
    open: &invoicing::OpenDocument,
    account: &invoicing::Account,
    lines: Vec<i32>,
) -> Result<Document, anyhow::Error> {
    let mut v = Violations::new();
    let named = name::invoice(&mut v, "name", &open.name);
    let entity = name::optional_entity(&mut v, "billing_entity", &open.billing_entity).flatten();
    let (named, entity) =
        named.zip(entity).with_context(|| format!("a document is called {:?}", open.name))?;
    let amount = self::open(open)?;
    Ok(Document {
        name: open.name.clone(),
        account: named.0,
        entity,
        territory: account.territory.clone(),
        invoice: named.1,
        number: open.number.clone(),
        is_credit_note: open.kind() == invoicing::DocumentKind::CreditNote,
        lines,
        open: amount,
        disputed: Money::zero(amount.currency()),
    })
}

/// What is open on a document; below zero on a credit note.
pub fn open(document: &invoicing::OpenDocument) -> Result<Money, anyhow::Error> {
    let amount = document.open.as_ref().context("a document says what is open")?;
    Ok(Money::parse(Currency::parse(&amount.currency_code)?, &amount.amount)?)
}

/// The credit note that settles a dispute of a document: its id, and its total. Else why it does not settle it.
pub fn note(
    note: &invoicing::Invoice,
    document: &str,
) -> Result<Result<(InvoiceId, Money), String>, anyhow::Error> {
    if note.kind() != invoicing::DocumentKind::CreditNote || note.state() != invoicing::InvoiceState::Issued {
        return Ok(Err("it is no credit note that was issued".to_owned()));
    }
    if note.corrects != document {
        return Ok(Err(format!("it corrects {}", note.corrects)));
    }
    let id = name::invoice(&mut Violations::new(), "name", &note.name);
    let (_, id) = id.with_context(|| format!("a note is called {:?}", note.name))?;
    let total = note.total.as_ref().context("a note has a total")?;
    Ok(Ok((id, Money::parse(Currency::parse(&total.currency_code)?, &total.amount)?)))
}

/// What is shown with a dispute.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown<'a> {
    /// What it proposes waits for approval.
    pub is_pending: bool,
    /// Invoicing was told how much of the document is disputed.
    pub is_told: bool,
    /// Why it was not yet.
    pub delay: &'a str,
}

/// The dispute as a message.
pub fn message(dispute: &Dispute, shown: Shown<'_>) -> pb::Dispute {
    let waiting = match &dispute.state {
        State::Owned { stage: Stage::AwaitingCustomer { since }, .. } => Some(*since),
        State::Opened | State::Owned { .. } => None,
    };
    let escalation = dispute.clock.escalation.as_ref();
    pb::Dispute {
        name: name::dispute_name((dispute.account, dispute.id)),
        etag: dispute.revision.to_string(),
        invoice: name::invoice_name(dispute.account, dispute.invoice),
        invoice_number: dispute.number.clone(),
        billing_entity: format!("billingEntities/{}", dispute.entity),
        amount: Some(wire_money::message(dispute.amount)),
        lines: dispute.lines.clone(),
        reason: alike::dispute_reason_message(dispute.reason).into(),
        description: dispute.words.clone(),
        contact: dispute.contact.clone(),
        root_cause: dispute
            .cause
            .map_or(pb::RootCause::Unspecified, |why| alike::cause_message(why.cause))
            .into(),
        root_cause_detail: dispute.cause.and_then(|why| why.detail).unwrap_or_default().to_owned(),
        state: state(&dispute.state, shown.is_pending).into(),
        owner: dispute.state.owner().unwrap_or_default().to_owned(),
        due_time: Some(time::message(dispute.clock.due)),
        escalate_time: escalation.map(|escalation| time::message(escalation.at)),
        escalated_to: escalation.and_then(|escalation| escalation.to.clone()).unwrap_or_default(),
        wait_time: waiting.map(time::message),
        proposal: proposed(&dispute.state),
        resolution: resolved(&dispute.state),
        opened_by: dispute.opened.by.clone(),
        open_time: Some(time::message(dispute.opened.at)),
        disputed: Some(wire_money::message(dispute.disputed())),
        in_receivables: shown.is_told,
        delay: shown.delay.to_owned(),
        territory: dispute.territory.clone(),
    }
}

fn state(state: &State, is_pending: bool) -> pb::DisputeState {
    let State::Owned { stage, .. } = state else { return pb::DisputeState::Opened };
    match stage {
        Stage::Triaged => pb::DisputeState::Triaged,
        Stage::Investigating => pb::DisputeState::Investigating,
        Stage::AwaitingCustomer { .. } => pb::DisputeState::AwaitingCustomer,
        Stage::Proposed(_) if is_pending => pb::DisputeState::PendingApproval,
        Stage::Proposed(_) => pb::DisputeState::Proposed,
        Stage::Resolved(_) => pb::DisputeState::Resolved,
        Stage::Closed { .. } => pb::DisputeState::Closed,
        Stage::Reopened => pb::DisputeState::Reopened,
    }
}

/// The name of a state that a list asks for, as the database writes it; `None` asks for all.
pub fn state_name(state: pb::DisputeState) -> Option<&'static str> {
    state.as_str_name().strip_prefix("DISPUTE_STATE_").filter(|name| *name != "UNSPECIFIED")
}

fn proposed(state: &State) -> Option<pb::DisputeProposal> {
    let State::Owned { stage: Stage::Proposed(Proposal { outcome, settled_by, words }), .. } = state else {
        return None;
    };
    Some(pb::DisputeProposal {
        outcome: alike::dispute_outcome_message(*outcome).into(),
        settled_by: settled_by.clone(),
        explanation: words.clone(),
    })
}

fn resolved(state: &State) -> Option<pb::DisputeResolution> {
    let Resolution { outcome, settled, settled_by, words, act } = state.resolution()?;
    let closed = match state {
        State::Owned { stage: Stage::Closed { closed, .. }, .. } => Some(closed),
        State::Opened | State::Owned { .. } => None,
    };
    Some(pb::DisputeResolution {
        outcome: alike::dispute_outcome_message(*outcome).into(),
        settled: Some(wire_money::message(*settled)),
        settled_by: settled_by.clone(),
        explanation: words.clone(),
        resolved_by: act.by.clone(),
        resolve_time: Some(time::message(act.at)),
        closed_by: closed.map_or_else(String::new, |closed| closed.by.clone()),
        close_time: closed.map(|closed| time::message(closed.at)),
    })
}
