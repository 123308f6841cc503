//! One change of a dispute, in its one transaction; and what it asks invoicing before.

use std::collections::BTreeMap;

use adjustments_domain::{
    adjustment::{Outcome, State},
    dispute::{Dispute, DisputeRefusal, Document},
};
use billing_proto::billing::adjustments::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, AdjustmentId, InvoiceId, ProductId};
use money::Money;
use outbox::{Begun, Once, Voice, say};
use prost::Message;
use refusal::Violations;
use sqlx::PgConnection;

use super::Rpc;
use crate::{
    store::{
        adjustment,
        dispute::{self as store, Kept, Named},
        disputed_document,
    },
    wire::{
        dispute::{self as wire, Settling, Shown},
        document as of_document, fact, name,
    },
};

/// What is changed, on top of what, and how it is told.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    pub name: &'a str,
    pub etag: &'a str,
    pub request_id: &'a str,
    pub kind: &'static str,
}

impl<'a> Change<'a> {
    pub fn new(name: &'a str, etag: &'a str, request_id: &'a str, kind: &'static str) -> Self {
        Self { name, etag, request_id, kind }
    }
}

impl Rpc {
    /// Locked, decided, recorded, said, answered; and invoicing is told beside the call where it disputes another amount.
    pub(super) async fn change_dispute(
        &self,
        call: &Call,
        message: &impl Message,
        change: Change<'_>,
        decide: impl AsyncFnOnce(&mut PgConnection, &Dispute) -> Result<Dispute, Failure>,
    ) -> Result<pb::Dispute, Failure> {
        let Change { name, etag, request_id, kind } = change;
        let named = dispute_id(name)?;
        let mut transaction = self.pool.begin().await?;
        let once = match Once::begin(&mut transaction, call, request_id, message).await? {
            Begun::Answered(before) => return Ok(before),
            Begun::Fresh(once) => once,
        };
        let scope = call.scope.json();
        let dispute = store::get(&mut transaction, named, scope.as_ref()).await?.dispute;
        // Whoever changes a dispute locks its document: of two changes one comes after the other.
        let place = (dispute.account, dispute.invoice);
        disputed_document::lock(&mut transaction, place, dispute.amount.currency(), call.at).await?;
        let before = store::get(&mut transaction, named, scope.as_ref()).await?;
        if !etag.is_empty() && etag != before.dispute.revision.to_string() {
            let (name, etag) = (name.to_owned(), etag.to_owned());
            return Err(DisputeRefusal::EtagMismatch { name, etag }).or_refuse();
        }
        let after = decide(&mut transaction, &before.dispute).await?;
        let after = store::record(&mut transaction, after).await?;
        let differs = after.disputed() != before.dispute.disputed();
        if differs {
            disputed_document::change(&mut transaction, place, after.id).await?;
        }
        say(&mut transaction, &Voice::of(call), vec![fact::dispute(kind, &after)]).await?;
        // What is pending may have changed with what is proposed.
        let answer = shown(&store::get(&mut transaction, named, None).await?);
        once.answer(&mut transaction, &answer).await?;
        transaction.commit().await?;
        if differs {
            self.bell.ring();
        }
        Ok(answer)
    }
}

pub(super) fn dispute_id(name: &str) -> Result<Named, Failure> {
    let mut v = Violations::new();
    name::dispute(&mut v, "name", name).ok_or_else(|| v.refusal().into())
}

/// The dispute as a message.
pub(super) fn shown(kept: &Kept) -> pb::Dispute {
    let Kept { dispute, is_told, delay, is_pending } = kept;
    wire::message(dispute, Shown { is_pending: *is_pending, is_told: *is_told, delay })
}

/// The dispute as it is now.
pub(super) async fn current(rpc: &Rpc, call: &Call, named: Named) -> Result<Dispute, Failure> {
    let mut connection = rpc.pool.acquire().await?;
    Ok(store::get(&mut connection, named, call.scope.json().as_ref()).await?.dispute)
}

/// What invoicing says of a document, as the caller may see it; before any transaction is open.
pub(super) async fn document(
    rpc: &Rpc,
    call: &Call,
    (account, invoice): (AccountId, InvoiceId),
    lines: Vec<i32>,
) -> Result<Document, Failure> {
    let name = name::invoice_name(account, invoice);
    let open = rpc.invoicing.open_document(Some(&call.caller), name.clone()).await?;
    let account = rpc.invoicing.account(&call.caller, format!("accounts/{account}")).await?;
    Ok(wire::document(&open, &account, lines)?)
}

/// The product of each line of a document, as the caller may see it; before any transaction is open.
pub(super) async fn products(
    rpc: &Rpc,
    call: &Call,
    (account, invoice): (AccountId, InvoiceId),
) -> Result<BTreeMap<i32, ProductId>, Failure> {
    let invoice = rpc.invoicing.invoice(&call.caller, &name::invoice_name(account, invoice)).await?;
    Ok(of_document::products(&invoice)?)
}

/// The products of what is disputed, of which nothing is settled yet.
pub(super) fn disputed(dispute: &Dispute, products: &BTreeMap<i32, ProductId>) -> Vec<(ProductId, Money)> {
    let nothing = Money::zero(dispute.amount.currency());
    let is_disputed = |line: &i32| dispute.lines.is_empty() || dispute.lines.contains(line);
    let named = products.iter().filter(|(line, _)| is_disputed(line));
    named.map(|(_, product)| (*product, nothing)).collect()
}

/// Notes that are to settle a dispute, each once.
pub(super) struct Notes {
    /// By which each was named first.
    pub(super) names: Vec<String>,
    pub(super) totals: Vec<(InvoiceId, Money)>,
    /// What their lines come to, tax included, by product.
    pub(super) parts: Vec<(ProductId, Money)>,
}

/// The notes that are to settle a dispute, as invoicing knows them. An adjustment and the note that it has become are one.
pub(super) async fn notes(
    rpc: &Rpc,
    call: &Call,
    dispute: &Dispute,
    names: &[String],
) -> Result<Notes, Failure> {
    let document = name::invoice_name(dispute.account, dispute.invoice);
    let mut notes = Notes { names: Vec::new(), totals: Vec::new(), parts: Vec::new() };
    for name in names {
        let refused = |why| DisputeRefusal::NotIssued { settlement: name.clone(), why };
        let note = match Settling::of(name) {
            Some(Settling::Adjustment(named)) => {
                executed(rpc, call, named).await?.map_err(refused).or_refuse()?
            }
            Some(Settling::Note) | None => name.clone(),
        };
        let note = rpc.invoicing.invoice(&call.caller, &note).await?;
        let (id, total) = wire::note(&note, &document)?.map_err(refused).or_refuse()?;
        if notes.totals.iter().any(|(known, _)| *known == id) {
            continue;
        }
        notes.names.push(name.clone());
        notes.totals.push((id, total));
        notes.parts.extend(of_document::parts(&note)?);
    }
    Ok(notes)
}

/// The document that an adjustment has become, or why it has not.
async fn executed(
    rpc: &Rpc,
    call: &Call,
    named: (AccountId, AdjustmentId),
) -> Result<Result<String, String>, Failure> {
    let mut connection = rpc.pool.acquire().await?;
    let found = adjustment::get(&mut connection, named, call.scope.json().as_ref()).await?.adjustment;
    Ok(match found.state {
        State::Executed { document, .. } => match found.kind.outcome() {
            Outcome::CreditNote | Outcome::DebitNote | Outcome::Rebill | Outcome::TaxNote => Ok(document),
            Outcome::WriteOff | Outcome::Owed | Outcome::Released => {
                Err(format!("it is a {}, and only what is credited settles", found.kind))
            }
        },
        state @ (State::Draft | State::Submitted { .. } | State::Approved { .. } | State::Ended { .. }) => {
            Err(format!("it is {}, and only what is executed settles", state.name()))
        }
    })
}
