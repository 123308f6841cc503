//! Case ↔ domain.

use adjustments_domain::customer_case::{Case, Closing, Document, Matter, Opening, Outcome, State};
use anyhow::Context;
use billing_proto::billing::{adjustments::v1 as pb, invoicing::v1 as invoicing};
use ids::{AccountId, InvoiceId};
use refusal::{Refusal, Violations};

use super::{alike, dispute, money as wire_money, name, text, time};

/// What a message opens, and the document that it is about.
pub fn parse(
    parent: &str,
    case: Option<&pb::Case>,
) -> Result<(Opening, Option<(AccountId, InvoiceId)>), Refusal> {
    let mut v = Violations::new();
    let account = name::account(&mut v, "parent", parent);
    let Some(case) = case else {
        v.add("case", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("case", |v| {
        let document = match case.invoice.as_str() {
            "" => Some(None),
            invoice => dispute::invoice_of(v, "invoice", invoice, account).map(Some),
        };
        let matter = matter(v, case);
        let subject = text::required(v, "subject", &case.subject, 200);
        let words = text::optional(v, "description", &case.description, 2_000);
        let contact = text::optional(v, "contact", &case.contact, 300);
        let owner = match case.owner.as_str() {
            "" => Some(None),
            owner => text::account(v, "owner", owner).map(Some),
        };
        let opening = Opening {
            account: account?,
            territory: String::new(),
            document: None,
            matter: matter?,
            subject: subject?,
            words: words?,
            contact: contact?,
            owner: owner?,
        };
        Some((opening, document?))
    });
    let Some(parsed) = parsed else { return Err(v.refusal()) };
    v.check()?;
    Ok(parsed)
}

/// What it is about. What belongs to another kind is no part of it.
fn matter(v: &mut Violations, case: &pb::Case) -> Option<Matter> {
    let kind: pb::CaseKind = text::choice(v, "kind", case.kind)?;
    let is_promise = kind == pb::CaseKind::Promise;
    if !is_promise && (case.promised_amount.is_some() || case.promised_day.is_some()) {
        v.add("promised_amount", "belongs to a promise only");
        return None;
    }
    if kind != pb::CaseKind::DocumentRequest && case.requested_document != 0 {
        v.add("requested_document", "belongs to a request for a document only");
        return None;
    }
    match kind {
        pb::CaseKind::Unspecified => None,
        pb::CaseKind::Enquiry => Some(Matter::Enquiry),
        pb::CaseKind::Complaint => Some(Matter::Complaint),
        pb::CaseKind::DocumentRequest => {
            let wanted = text::choice(v, "requested_document", case.requested_document);
            wanted.and_then(alike::requested).map(Matter::DocumentRequest)
        }
        pb::CaseKind::Promise => {
            let amount = dispute::amount(v, "promised_amount", case.promised_amount.as_ref());
            let day = time::midnight(v, "promised_day", case.promised_day.as_ref()).map(|(day, _)| day);
            Some(Matter::Promise { amount: amount?, day: day? })
        }
    }
}

/// The opening with what invoicing knows of its account and its document. What that answers is as it should be, or it is a
/// fault.
pub fn known(
    opening: Opening,
    account: &invoicing::Account,
    document: Option<&invoicing::OpenDocument>,
) -> Result<Opening, anyhow::Error> {
    let document = document.map(|document| {
        let mut v = Violations::new();
        let named = name::invoice(&mut v, "name", &document.name);
        let entity = name::optional_entity(&mut v, "billing_entity", &document.billing_entity).flatten();
        let read = named.zip(entity).map(|((_, invoice), entity)| Document { invoice, entity });
        read.with_context(|| format!("a document is called {:?}", document.name))
    });
    Ok(Opening { territory: account.territory.clone(), document: document.transpose()?, ..opening })
}

/// How somebody closes a case.
pub fn closing(message: &pb::CloseCaseRequest) -> Result<(Outcome, String), Refusal> {
    let mut v = Violations::new();
    let outcome = text::choice(&mut v, "outcome", message.outcome).and_then(alike::case_outcome);
    let words = text::required(&mut v, "answer", &message.answer, 2_000);
    outcome.zip(words).ok_or_else(|| v.refusal())
}

/// The case as a message.
pub fn message(case: &Case) -> pb::Case {
    let Case { matter, clock, .. } = case;
    let (requested, promised) = match matter {
        Matter::Enquiry | Matter::Complaint => (pb::RequestedDocument::Unspecified, None),
        Matter::DocumentRequest(wanted) => (alike::requested_message(*wanted), None),
        Matter::Promise { amount, day } => (pb::RequestedDocument::Unspecified, Some((*amount, *day))),
    };
    let (state, since, closing) = match &case.state {
        State::Open => (pb::CaseState::Open, None, None),
        State::AwaitingCustomer { since } => (pb::CaseState::AwaitingCustomer, Some(*since), None),
        State::Closed(closing) => (pb::CaseState::Closed, None, Some(closing)),
    };
    let closed =
        |text: fn(&Closing) -> &String| closing.map_or_else(String::new, |closing| text(closing).clone());
    pb::Case {
        name: name::case_name((case.account, case.id)),
        etag: case.revision.to_string(),
        kind: kind(matter).into(),
        invoice: case.document.map_or_else(String::new, |of| name::invoice_name(case.account, of.invoice)),
        billing_entity: case.document.map_or_else(String::new, |of| format!("billingEntities/{}", of.entity)),
        subject: case.subject.clone(),
        description: case.words.clone(),
        contact: case.contact.clone(),
        requested_document: requested.into(),
        promised_amount: promised.map(|(amount, _)| wire_money::message(amount)),
        promised_day: promised.map(|(_, day)| time::day(day)),
        state: state.into(),
        owner: case.owner.clone().unwrap_or_default(),
        due_time: Some(time::message(clock.due)),
        escalate_time: clock.escalation.as_ref().map(|escalation| time::message(escalation.at)),
        escalated_to: clock.escalation.as_ref().and_then(|told| told.to.clone()).unwrap_or_default(),
        wait_time: since.map(time::message),
        outcome: closing
            .map_or(pb::CaseOutcome::Unspecified, |closing| alike::case_outcome_message(closing.outcome))
            .into(),
        answer: closed(|closing| &closing.words),
        closed_by: closed(|closing| &closing.act.by),
        close_time: closing.map(|closing| time::message(closing.act.at)),
        opened_by: case.opened.by.clone(),
        open_time: Some(time::message(case.opened.at)),
        territory: case.territory.clone(),
    }
}

fn kind(matter: &Matter) -> pb::CaseKind {
    match matter {
        Matter::Enquiry => pb::CaseKind::Enquiry,
        Matter::DocumentRequest(_) => pb::CaseKind::DocumentRequest,
        Matter::Promise { .. } => pb::CaseKind::Promise,
        Matter::Complaint => pb::CaseKind::Complaint,
    }
}

/// The name of a state that a list asks for, as the database writes it; `None` asks for all.
pub fn state_name(state: pb::CaseState) -> Option<&'static str> {
    state.as_str_name().strip_prefix("CASE_STATE_").filter(|name| *name != "UNSPECIFIED")
}

/// The name of a kind that a list asks for, as the database writes it; `None` asks for all.
pub fn kind_name(kind: pb::CaseKind) -> Option<&'static str> {
    kind.as_str_name().strip_prefix("CASE_KIND_").filter(|name| *name != "UNSPECIFIED")
}
