//! Money that comes and goes: receipts, what they and credit notes are put on, refunds.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, EntityId};
use invoicing_domain::{
    invoice::DocumentKind,
    receivable::{Moved, OpenItem, Receipt, ReceivableRefusal, Source, Wanted, allocate, check_refund},
};
use jiff::civil::Date;
use money::Money;
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use serde_json::Value;
use sqlx::PgConnection;
use tonic::Request;

use super::{
    Rpc,
    settling::{Said, Settling, open_document, open_items},
};
use crate::{
    store,
    wire::{fact, name, receivable as wire},
};

pub(super) async fn record(
    rpc: &Rpc,
    request: Request<pb::RecordReceiptRequest>,
) -> Result<pb::Receipt, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let account = name::account(&mut v, "parent", &message.parent);
    let received = wire::received(&mut v, message.receipt.as_ref());
    let wanted = account.and_then(|account| wire::wanted(&mut v, account, &message.allocations));
    if message.oldest_first && !message.allocations.is_empty() {
        v.add("oldest_first", "is for receipts that name no documents");
    }
    let (Some(account), Some(received), Some(wanted)) = (account, received, wanted) else {
        return Err(v.refusal().into());
    };
    v.check()?;
    let (entity, amount, day, method, reference) = received;
    let scope = call.scope.json();
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    store::account::lock(&mut transaction, account).await?;
    store::account::get(&mut transaction, account, scope.as_ref()).await?;
    store::billing_entity::get(&mut transaction, entity, scope.as_ref()).await?;
    let settling = Settling::begin(&mut transaction, &call, (account, entity), None).await?;
    let day = settling.day(day, None)?;
    let said = Said { reference: &reference, ..Said::default() };
    let receipt = settling.activity(day, amount, Moved::Receipt { method }, said);
    let id = receipt.id;
    let mut activities = vec![receipt];
    if message.oldest_first || wanted != Wanted::OldestFirst {
        let items = open_items(&mut transaction, account, entity, amount).await?;
        let puts = allocate(amount, &items, &wanted).or_refuse()?;
        // Nothing is paid before its document is there.
        let paid_on = |document| {
            let item = items.iter().find(|item| item.document == document);
            item.map_or(day, |item| day.max(item.issued))
        };
        activities
            .extend(settling.puts(puts, paid_on, |document| Moved::Allocation { receipt: id, document }));
    }
    settling.record(&mut transaction, activities).await?;
    let receipt = store::receivable::receipt(&mut transaction, (account, id), None).await?;
    let answer = wire::receipt(&receipt);
    let recorded = fact::receipt("billing.invoicing.v1.receipt.recorded", entity, account, &answer);
    say(&mut transaction, &Voice::of(&call), vec![recorded]).await?;
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

pub(super) async fn get(rpc: &Rpc, request: Request<pb::GetReceiptRequest>) -> Result<pb::Receipt, Failure> {
    let call = Call::of(&request)?;
    let mut v = Violations::new();
    let Some(named) = name::receipt(&mut v, "name", &request.get_ref().name) else {
        return Err(v.refusal().into());
    };
    let mut connection = rpc.pool.acquire().await?;
    let receipt = store::receivable::receipt(&mut connection, named, call.scope.json().as_ref()).await?;
    Ok(wire::receipt(&receipt))
}

pub(super) async fn allocate_receipt(
    rpc: &Rpc,
    request: Request<pb::AllocateReceiptRequest>,
) -> Result<pb::Receipt, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let named = name::receipt(&mut v, "name", &message.name);
    let wanted = named.and_then(|(account, _)| wire::wanted(&mut v, account, &message.allocations));
    let (Some(named), Some(wanted)) = (named, wanted) else { return Err(v.refusal().into()) };
    v.check()?;
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    store::account::lock(&mut transaction, named.0).await?;
    let Receipt { entity, unapplied, .. } =
        store::receivable::receipt(&mut transaction, named, call.scope.json().as_ref()).await?;
    let settling = Settling::begin(&mut transaction, &call, (named.0, entity), None).await?;
    let items = open_items(&mut transaction, named.0, entity, unapplied).await?;
    let puts = allocate(unapplied, &items, &wanted).or_refuse()?;
    let today = settling.today;
    let moved = |document| Moved::Allocation { receipt: named.1, document };
    settling.record(&mut transaction, settling.puts(puts, |_| today, moved)).await?;
    let receipt = store::receivable::receipt(&mut transaction, named, None).await?;
    let answer = wire::receipt(&receipt);
    let allocated = fact::receipt("billing.invoicing.v1.receipt.allocated", entity, named.0, &answer);
    say(&mut transaction, &Voice::of(&call), vec![allocated]).await?;
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

pub(super) async fn apply_credit(
    rpc: &Rpc,
    request: Request<pb::ApplyCreditRequest>,
) -> Result<pb::OpenDocument, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let named = name::invoice(&mut v, "name", &message.name);
    let wanted = named.and_then(|(account, _)| wire::wanted(&mut v, account, &message.allocations));
    let (Some(named), Some(wanted)) = (named, wanted) else { return Err(v.refusal().into()) };
    v.check()?;
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    store::account::lock(&mut transaction, named.0).await?;
    let scope = call.scope.json();
    let note = store::receivable::document(&mut transaction, named, None, scope.as_ref()).await?;
    let left = left_of(&note)?;
    let settling = Settling::begin(&mut transaction, &call, (named.0, note.entity), None).await?;
    let items = open_items(&mut transaction, named.0, note.entity, left).await?;
    let puts = allocate(left, &items, &wanted).or_refuse()?;
    let today = settling.today;
    let moved = |document| Moved::Credit { credit: named.1, document };
    settling.record(&mut transaction, settling.puts(puts, |_| today, moved)).await?;
    let answer = open_document(&mut transaction, named, today).await?;
    let applied =
        fact::open_document("billing.invoicing.v1.credit_note.applied", note.entity, named.0, &answer);
    say(&mut transaction, &Voice::of(&call), vec![applied]).await?;
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

/// What is left of a credit note.
fn left_of(note: &OpenItem) -> Result<Money, Failure> {
    match note.kind {
        DocumentKind::CreditNote => Ok(note.open.negate()),
        DocumentKind::Invoice | DocumentKind::DebitNote => {
            Err(ReceivableRefusal::NotOpen { document: note.number.clone() }).or_refuse()
        }
    }
}

pub(super) async fn refund(
    rpc: &Rpc,
    request: Request<pb::RecordRefundRequest>,
) -> Result<pb::Refund, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let account = name::account(&mut v, "parent", &message.parent);
    let refunded = account.and_then(|account| wire::refunded(&mut v, account, message.refund.as_ref()));
    let (Some(account), Some((source, amount, day, reference))) = (account, refunded) else {
        return Err(v.refusal().into());
    };
    let (subject, way) = way_to_refund(&message.parent);
    let approval = rpc.is_approved_by(&call, &subject, way)?.then(|| message.request_id.clone());
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    store::account::lock(&mut transaction, account).await?;
    let Left { entity, left, since } =
        left_to_give_back(&mut transaction, (account, source), call.scope.json().as_ref()).await?;
    let settling = Settling::begin(&mut transaction, &call, (account, entity), approval).await?;
    let day = settling.day(day, Some(since))?;
    check_same(amount, left)?;
    let credit = store::receivable::credit(&mut transaction, account, (entity, amount.currency())).await?;
    check_refund(amount, left, credit).or_refuse()?;
    let said = Said { reference: &reference, ..Said::default() };
    let activity = settling.activity(day, amount, Moved::Refund(source), said);
    let answer = wire::refund(account, source, &activity);
    settling.record(&mut transaction, vec![activity]).await?;
    say(&mut transaction, &Voice::of(&call), vec![fact::refund(entity, account, &answer)]).await?;
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

/// What cannot be done directly, and how it is asked for.
fn way_to_refund(account: &str) -> (String, String) {
    let way = format!("ask for it with RequestRefund, POST /v1/{account}/refundRequests");
    (format!("a refund of {account}"), way)
}

/// What can be given back of a receipt or credit note.
pub(super) async fn refundable(
    rpc: &Rpc,
    request: Request<pb::GetRefundableRequest>,
) -> Result<pb::Refundable, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let account = name::account(&mut v, "account", &message.account);
    let source = account.and_then(|account| wire::source(&mut v, account, &message.source));
    let (Some(account), Some(source)) = (account, source) else { return Err(v.refusal().into()) };
    let mut connection = rpc.pool.acquire().await?;
    let Left { entity, left, since: _ } =
        left_to_give_back(&mut connection, (account, source), call.scope.json().as_ref()).await?;
    let credit = store::receivable::credit(&mut connection, account, (entity, left.currency())).await?;
    Ok(wire::refundable(message.source, (entity, left), credit)?)
}

/// What is left of a receipt or credit note, in which entity, and since when.
struct Left {
    entity: EntityId,
    left: Money,
    since: Date,
}

async fn left_to_give_back(
    connection: &mut PgConnection,
    (account, source): (AccountId, Source),
    scope: Option<&Value>,
) -> Result<Left, Failure> {
    Ok(match source {
        Source::Receipt(receipt) => {
            let receipt = store::receivable::receipt(connection, (account, receipt), scope).await?;
            Left { entity: receipt.entity, left: receipt.unapplied, since: receipt.day }
        }
        Source::Credit(credit) => {
            let note = store::receivable::document(connection, (account, credit), None, scope).await?;
            Left { entity: note.entity, left: left_of(&note)?, since: note.issued }
        }
    })
}

/// An amount in another currency is no part of it.
pub(super) fn check_same(asked: Money, of: Money) -> Result<(), Failure> {
    if asked.currency() == of.currency() {
        return Ok(());
    }
    let mut v = Violations::new();
    v.add("amount", format!("must be in {}", of.currency()));
    Err(v.refusal().into())
}

/// What is open on a document of an account, which is locked from now on.
pub(super) async fn open_item(
    connection: &mut PgConnection,
    call: &Call,
    named: store::document::Named,
) -> Result<OpenItem, Failure> {
    store::account::lock(connection, named.0).await?;
    store::receivable::document(connection, named, None, call.scope.json().as_ref()).await
}
