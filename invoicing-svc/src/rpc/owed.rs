//! What accounts owe: document by document, by age, and as a statement.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{call::Call, failure::Failure, page::Page};
use jiff::civil::Date;
use refusal::Violations;
use tonic::Request;
use uuid::Uuid;

use super::Rpc;
use crate::{
    report::{ageing as report_ageing, statement as report_statement},
    store::{
        self,
        receivable::{Listed, Which},
    },
    wire::{
        money::currency,
        name,
        period::{day, optional_day},
        receivable as wire,
    },
};

pub(super) async fn get(
    rpc: &Rpc,
    request: Request<pb::GetOpenDocumentRequest>,
) -> Result<pb::OpenDocument, Failure> {
    let call = Call::of(&request)?;
    let mut v = Violations::new();
    let named = name::invoice(&mut v, "name", &request.get_ref().name);
    let as_of = optional_day(&mut v, "as_of", request.get_ref().as_of.as_ref());
    let (Some(named), Some(as_of)) = (named, as_of) else { return Err(v.refusal().into()) };
    let mut connection = rpc.pool.acquire().await?;
    let item = store::receivable::document(&mut connection, named, as_of, call.scope.json().as_ref()).await?;
    let entity = store::billing_entity::get(&mut connection, item.entity, None).await?;
    Ok(wire::open_document(&item, as_of.unwrap_or_else(|| entity.zone.day_of(call.at)))?)
}

pub(super) async fn list(
    rpc: &Rpc,
    request: Request<pb::ListOpenDocumentsRequest>,
) -> Result<pb::ListOpenDocumentsResponse, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let arguments =
        pb::ListOpenDocumentsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page: Page<(Date, Uuid)> =
        Page::of(&rpc.seal, &call, &arguments, message.page_size, &message.page_token)?;
    let mut v = Violations::new();
    let account = name::account_or_all(&mut v, "parent", &message.parent);
    let as_of = optional_day(&mut v, "as_of", message.as_of.as_ref());
    let entity = Some(&message.billing_entity).filter(|entity| !entity.is_empty());
    let entity = entity.map(|entity| name::entity(&mut v, "billing_entity", entity));
    let (Some(account), Some(as_of)) = (account, as_of) else { return Err(v.refusal().into()) };
    v.check()?;
    let scope = call.scope.json();
    let mut connection = rpc.pool.acquire().await?;
    if let Some(account) = account {
        store::account::get(&mut connection, account, scope.as_ref()).await?;
    }
    let which = Which {
        account,
        as_of,
        entity: entity.flatten(),
        after: page.after,
        scope: scope.as_ref(),
        limit: Some(page.fetch()),
        ..Which::default()
    };
    let loaded = store::receivable::documents(&mut connection, which).await?;
    let (items, next_page_token) = page.cut(loaded, |item| (item.due, item.document.uuid()))?;
    let mut open_documents = Vec::with_capacity(items.len());
    for item in &items {
        let today = match as_of {
            Some(as_of) => as_of,
            None => {
                store::billing_entity::get(&mut connection, item.entity, None).await?.zone.day_of(call.at)
            }
        };
        open_documents.push(wire::open_document(item, today)?);
    }
    Ok(pb::ListOpenDocumentsResponse { open_documents, next_page_token })
}

pub(super) async fn ageing(rpc: &Rpc, request: Request<pb::GetAgeingRequest>) -> Result<pb::Ageing, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let entity = name::entity(&mut v, "billing_entity", &message.billing_entity);
    let account = Some(&message.account).filter(|account| !account.is_empty());
    let account = account.map(|account| name::account(&mut v, "account", account));
    let as_of = optional_day(&mut v, "as_of", message.as_of.as_ref());
    let (Some(entity), Some(as_of)) = (entity, as_of) else { return Err(v.refusal().into()) };
    v.check()?;
    let (account, scope) = (account.flatten(), call.scope.json());
    let mut connection = rpc.pool.acquire().await?;
    let today =
        store::billing_entity::get(&mut connection, entity, scope.as_ref()).await?.zone.day_of(call.at);
    if let Some(account) = account {
        store::account::get(&mut connection, account, scope.as_ref()).await?;
    }
    report_ageing::ageing(&mut connection, (entity, account), as_of.unwrap_or(today), scope.as_ref()).await
}

pub(super) async fn statement(
    rpc: &Rpc,
    request: Request<pb::GetStatementRequest>,
) -> Result<pb::Statement, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let account = name::account(&mut v, "account", &message.account);
    let first = day(&mut v, "first", message.first.as_ref());
    let last = day(&mut v, "last", message.last.as_ref());
    let asked = Some(&message.currency_code).filter(|code| !code.is_empty());
    let asked = asked.map(|code| currency(&mut v, "currency_code", code));
    let (Some(account), Some(first), Some(last)) = (account, first, last) else {
        return Err(v.refusal().into());
    };
    if last < first {
        v.add("last", "must not be before the first day");
    }
    v.check()?;
    let mut connection = rpc.pool.acquire().await?;
    let known = store::account::get(&mut connection, account, call.scope.json().as_ref()).await?;
    let currency = asked.flatten().unwrap_or(known.currency);
    report_statement::statement(&mut connection, (account, currency), (first, last)).await
}

/// Lists activities of a kind, page by page in the order of their accounts and ids. A macro, because every list has messages
/// of its own.
macro_rules! listed {
    ($list:ident, $request:ident, $response:ident, $field:ident, $load:path, $place:expr, $message:expr) => {
        pub(super) async fn $list(
            rpc: &Rpc,
            request: Request<pb::$request>,
        ) -> Result<pb::$response, Failure> {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments = pb::$request { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<(Uuid, Uuid)> =
                Page::of(&rpc.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let Some(account) = name::account_or_all(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let scope = call.scope.json();
            let mut connection = rpc.pool.acquire().await?;
            if let Some(account) = account {
                store::account::get(&mut connection, account, scope.as_ref()).await?;
            }
            let which = Listed {
                account,
                after: page.after,
                scope: scope.as_ref(),
                limit: Some(page.fetch()),
                ..Listed::default()
            };
            let loaded = $load(&mut connection, which).await?;
            let (listed, next_page_token) = page.cut(loaded, $place)?;
            Ok(pb::$response { $field: listed.iter().map($message).collect(), next_page_token })
        }
    };
}

listed!(
    receipts,
    ListReceiptsRequest,
    ListReceiptsResponse,
    receipts,
    store::receivable::receipts,
    |receipt| (receipt.account.uuid(), receipt.id.uuid()),
    wire::receipt
);
listed!(
    refunds,
    ListRefundsRequest,
    ListRefundsResponse,
    refunds,
    store::receivable::refunds,
    |(account, _, activity)| (account.uuid(), activity.id.uuid()),
    |(account, source, activity)| wire::refund(*account, *source, activity)
);
listed!(
    write_offs,
    ListWriteOffsRequest,
    ListWriteOffsResponse,
    write_offs,
    store::receivable::write_offs,
    |write_off| (write_off.account.uuid(), write_off.id.uuid()),
    wire::write_off
);
