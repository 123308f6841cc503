//! Who sends daily facts, and how their batches are taken.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
    mask::Mask,
    page::Page,
};
use invoicing_domain::delivery;
use outbox::{Begun, Fact, Once, Voice, say};
use refusal::Violations;
use tonic::Request;

use super::{Rpc, changed};
use crate::{
    store::{self, delivery_source as sources},
    wire::delivery_source as wire,
};

/// One source.
pub async fn get(
    rpc: &Rpc,
    request: Request<pb::GetDeliverySourceRequest>,
) -> Result<pb::DeliverySource, Failure> {
    let mut v = Violations::new();
    let Some(name) = wire::source(&mut v, "name", &request.get_ref().name) else {
        return Err(v.refusal().into());
    };
    let mut connection = rpc.pool.acquire().await?;
    Ok(wire::message(&sources::get(&mut connection, &name).await?))
}

/// Every source, by its name.
pub async fn list(
    rpc: &Rpc,
    request: Request<pb::ListDeliverySourcesRequest>,
) -> Result<pb::ListDeliverySourcesResponse, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let arguments = pb::ListDeliverySourcesRequest::default();
    let page: Page<String> = Page::of(&rpc.seal, &call, &arguments, message.page_size, &message.page_token)?;
    let mut connection = rpc.pool.acquire().await?;
    let loaded = sources::load(&mut connection, None, page.after.as_deref(), page.fetch()).await?;
    let (sources, next_page_token) = page.cut(loaded, |source| source.name.clone())?;
    let delivery_sources = sources.iter().map(wire::message).collect();
    Ok(pb::ListDeliverySourcesResponse { delivery_sources, next_page_token })
}

/// Says how the batches of a source are taken from now on.
pub async fn update(
    rpc: &Rpc,
    request: Request<pb::UpdateDeliverySourceRequest>,
) -> Result<pb::DeliverySource, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let update = message.delivery_source.clone().unwrap_or_default();
    let mask = Mask::of(message.update_mask.as_ref(), wire::CHANGEABLE)?;
    let mut v = Violations::new();
    let Some(name) = wire::source(&mut v, "delivery_source.name", &update.name) else {
        return Err(v.refusal().into());
    };
    changed::unlimited(&call)?;
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    // As a batch does that lands.
    store::delivery::lock_source(&mut transaction, &name).await?;
    let current = sources::get(&mut transaction, &name).await?;
    let revision = changed::next_revision(&update.name, &update.etag, current.revision).or_refuse()?;
    let next = wire::parse(revision, &name, &wire::merge(&current, &update, &mask))?;
    let has_facts = sources::has_facts(&mut transaction, &name).await?;
    delivery::update_source(&current, &next, has_facts).or_refuse()?;
    sources::update(&mut transaction, &next, call.at).await?;
    let answer = wire::message(&next);
    let kind = "billing.invoicing.v1.delivery_source.updated";
    let said = Fact::new(kind, &answer.name, "billing.invoicing.v1.DeliverySource", &answer);
    say(&mut transaction, &Voice::of(&call), vec![said]).await?;
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}
