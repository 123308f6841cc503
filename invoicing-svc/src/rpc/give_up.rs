//! What its debtor cannot pay: written off, its tax claimed back, and recovered all the same. And what is disputed.

use anyhow::anyhow;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, ActivityId};
use invoicing_domain::receivable::{Moved, ReceivableRefusal, WriteOff, check_dispute, check_write_off};
use jiff::civil::Date;
use money::Money;
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use sqlx::PgConnection;
use tonic::Request;

use super::{
    Rpc,
    billing_run_service::act,
    receive::{check_same, open_item},
    settling::{Said, Settling, open_document},
};
use crate::{
    report::ledger,
    store::{self, document::Named},
    wire::{
        fact,
        money::message as money_message,
        name,
        period::optional_day,
        receivable as wire,
        text::{Text, text},
    },
};

/// How many postings a write-off has at most.
const POSTINGS_MAX: i64 = 100;

pub(super) async fn write_off(
    rpc: &Rpc,
    request: Request<pb::WriteOffDocumentRequest>,
) -> Result<pb::WriteOff, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let named = name::invoice(&mut v, "document", &message.document);
    let amount = wire::amount(&mut v, "amount", message.amount.as_ref());
    let day = optional_day(&mut v, "day", message.day.as_ref());
    let reason = text(&mut v, "reason", &message.reason, Text::Required(1_000));
    let (Some(named), Some(amount), Some(day), Some(reason)) = (named, amount, day, reason) else {
        return Err(v.refusal().into());
    };
    let approval = rpc.is_approved_adjustment(&call, &message.document)?.then(|| message.request_id.clone());
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    let asked = Asked { named, amount, day, reason: &reason, approval };
    let GivenUp { id, .. } = give_up(&mut transaction, &call, asked).await?;
    let kind = "billing.invoicing.v1.write_off.recorded";
    let answer = answered(&mut transaction, (&call, kind), (named.0, id)).await?;
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

/// Gives up, looks at it, and takes everything back: what it would post is what it will post.
pub(super) async fn preview_write_off(
    rpc: &Rpc,
    request: Request<pb::PreviewWriteOffRequest>,
) -> Result<pb::WriteOffPreview, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let named = name::invoice(&mut v, "document", &message.document);
    let amount = wire::amount(&mut v, "amount", message.amount.as_ref());
    let (Some(named), Some(amount)) = (named, amount) else { return Err(v.refusal().into()) };
    let mut transaction = rpc.pool.begin().await?;
    let asked = Asked { named, amount, day: None, reason: "", approval: None };
    let GivenUp { id, open_before } = give_up(&mut transaction, &call, asked).await?;
    let open_after = store::receivable::open_on(&mut transaction, named).await?;
    let which = ledger::Which {
        account: Some(named.0),
        activity: Some(id),
        limit: POSTINGS_MAX,
        ..ledger::Which::default()
    };
    let entries = ledger::entries(&mut transaction, which).await?;
    transaction.rollback().await?;
    // There is no such write-off and no such posting, so they have no names.
    let unnamed = |entry| pb::LedgerEntry { name: String::new(), activity: String::new(), ..entry };
    Ok(pb::WriteOffPreview {
        ledger_entries: entries.into_iter().map(|(_, entry)| unnamed(entry)).collect(),
        open_before: Some(money_message(open_before)),
        open_after: Some(money_message(open_after)),
    })
}

/// So much of a document that is to be given up.
struct Asked<'a> {
    named: Named,
    amount: Money,
    /// None: today.
    day: Option<Date>,
    reason: &'a str,
    approval: Option<String>,
}

/// What was given up.
struct GivenUp {
    id: ActivityId,
    /// On the document.
    open_before: Money,
}

async fn give_up(connection: &mut PgConnection, call: &Call, asked: Asked<'_>) -> Result<GivenUp, Failure> {
    let Asked { named, amount, day, reason, approval } = asked;
    let item = open_item(connection, call, named).await?;
    let settling = Settling::begin(connection, call, (named.0, item.entity), approval).await?;
    let day = settling.day(day, Some(item.issued))?;
    check_same(amount, item.open)?;
    check_write_off(&item, amount).or_refuse()?;
    let said = Said { reason, ..Said::default() };
    let activity = settling.activity(day, amount, Moved::WriteOff { document: named.1 }, said);
    let id = activity.id;
    settling.record(connection, vec![activity]).await?;
    Ok(GivenUp { id, open_before: item.open })
}

pub(super) async fn get(
    rpc: &Rpc,
    request: Request<pb::GetWriteOffRequest>,
) -> Result<pb::WriteOff, Failure> {
    let call = Call::of(&request)?;
    let mut v = Violations::new();
    let Some(named) = name::write_off(&mut v, "name", &request.get_ref().name) else {
        return Err(v.refusal().into());
    };
    let mut connection = rpc.pool.acquire().await?;
    let found = store::receivable::write_off(&mut connection, named, call.scope.json().as_ref()).await?;
    Ok(wire::write_off(&found))
}

pub(super) async fn claim_tax_relief(
    rpc: &Rpc,
    request: Request<pb::ClaimTaxReliefRequest>,
) -> Result<pb::WriteOff, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let named = name::write_off(&mut v, "name", &message.name);
    let day = optional_day(&mut v, "day", message.day.as_ref());
    let (Some(named), Some(day)) = (named, day) else { return Err(v.refusal().into()) };
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    let lost = locked(&mut transaction, &call, named).await?;
    // What was approved is the write-off; that its tax is claimed back follows from it.
    let settling = Settling::begin(&mut transaction, &call, (named.0, lost.entity), None).await?;
    let day = settling.day(day, Some(lost.day))?;
    let relief = lost.lost.claim(&message.name).or_refuse()?;
    let moved = Moved::TaxRelief { write_off: named.1 };
    let activity = settling.activity(day, relief, moved, Said::default());
    settling.record(&mut transaction, vec![activity]).await?;
    let kind = "billing.invoicing.v1.write_off.tax_relief_claimed";
    let answer = answered(&mut transaction, (&call, kind), named).await?;
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

pub(super) async fn recover(
    rpc: &Rpc,
    request: Request<pb::RecoverWriteOffRequest>,
) -> Result<pb::WriteOff, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let named = name::write_off(&mut v, "name", &message.name);
    let receipt = name::receipt(&mut v, "receipt", &message.receipt);
    let receipt = named.and_then(|(account, _)| wire::of_account(&mut v, "receipt", account, receipt));
    let amount = message.amount.as_ref().map(|amount| wire::amount(&mut v, "amount", Some(amount)));
    let day = optional_day(&mut v, "day", message.day.as_ref());
    let (Some(named), Some(receipt), Some(day)) = (named, receipt, day) else {
        return Err(v.refusal().into());
    };
    v.check()?;
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    let lost = locked(&mut transaction, &call, named).await?;
    let cash = store::receivable::receipt(&mut transaction, (named.0, receipt), None).await?;
    let settling = Settling::begin(&mut transaction, &call, (named.0, lost.entity), None).await?;
    let day = settling.day(day, Some(lost.day.max(cash.day)))?;
    let amount = amount.flatten().unwrap_or(cash.unapplied);
    check_same(amount, lost.lost.amount)?;
    check_same(cash.unapplied, lost.lost.amount)?;
    if cash.entity != lost.entity || amount.compare(cash.unapplied).map_err(|error| anyhow!(error))?.is_gt() {
        let (left, asked) = (cash.unapplied.to_string(), amount.to_string());
        return Err(ReceivableRefusal::AboveLeft { left, asked }).or_refuse();
    }
    let tax = lost.lost.recover(amount).or_refuse()?;
    let moved = Moved::Recovery { receipt, write_off: named.1, tax };
    let activity = settling.activity(day, amount, moved, Said::default());
    settling.record(&mut transaction, vec![activity]).await?;
    let kind = "billing.invoicing.v1.write_off.recovered";
    let answer = answered(&mut transaction, (&call, kind), named).await?;
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

async fn locked(
    connection: &mut PgConnection,
    call: &Call,
    named: (AccountId, ActivityId),
) -> Result<WriteOff, Failure> {
    store::account::lock(connection, named.0).await?;
    store::receivable::write_off(connection, named, call.scope.json().as_ref()).await
}

/// The write-off as it is now; and the feed is told.
async fn answered(
    connection: &mut PgConnection,
    (call, kind): (&Call, &'static str),
    named: (AccountId, ActivityId),
) -> Result<pb::WriteOff, Failure> {
    let lost = store::receivable::write_off(connection, named, None).await?;
    let answer = wire::write_off(&lost);
    say(connection, &Voice::of(call), vec![fact::write_off(kind, lost.entity, named.0, &answer)]).await?;
    Ok(answer)
}

pub(super) async fn dispute(
    rpc: &Rpc,
    request: Request<pb::SetDisputedAmountRequest>,
) -> Result<pb::OpenDocument, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let named = name::invoice(&mut v, "name", &message.name);
    let amount = wire::amount_or_nothing(&mut v, "amount", message.amount.as_ref());
    let dispute = text(&mut v, "dispute", &message.dispute, Text::Optional(200));
    let (Some(named), Some(amount), Some(dispute)) = (named, amount, dispute) else {
        return Err(v.refusal().into());
    };
    rpc.is_approved_dispute(&call, &message.name)?;
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    let item = open_item(&mut transaction, &call, named).await?;
    check_same(amount, item.open)?;
    check_dispute(item.open, amount).or_refuse()?;
    let today = store::billing_entity::get(&mut transaction, item.entity, None).await?.zone.day_of(call.at);
    let by = act(&call);
    store::receivable::dispute(&mut transaction, named, (amount, &dispute), (today, &by)).await?;
    let answer = open_document(&mut transaction, named, today).await?;
    let kind = "billing.invoicing.v1.invoice.disputed_amount_set";
    let set = fact::open_document(kind, item.entity, named.0, &answer);
    say(&mut transaction, &Voice::of(&call), vec![set]).await?;
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}
