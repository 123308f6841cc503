//! BillingEntityService.

use billing_proto::billing::invoicing::v1::{
    self as pb, billing_entity_service_server::BillingEntityService,
};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse, answer},
    mask::Mask,
    page::Page,
};
use ids::{EntityId, Revision};
use invoicing_domain::billing_entity::BillingEntity;
use outbox::{Begun, Fact, Once, Voice, say};
use refusal::{Refusal, Violations};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Rpc,
    changed::{self, unlimited},
};
use crate::{
    store::{
        billing_entity as store,
        input_change::{self, Cause},
    },
    wire::{billing_entity as wire, name},
};

#[tonic::async_trait]
impl BillingEntityService for Rpc {
    async fn create_billing_entity(
        &self,
        request: Request<pb::CreateBillingEntityRequest>,
    ) -> Result<Response<pb::BillingEntity>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            unlimited(&call)?;
            let id = EntityId::from_uuid(Uuid::now_v7());
            let entity = wire::parse(id, Revision::FIRST, message.billing_entity.as_ref())?;
            self.know_engine(&entity)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::insert(&mut transaction, &entity, call.at).await?;
            let answer = wire::message(&entity);
            say(
                &mut transaction,
                &Voice::of(&call),
                vec![fact("billing.invoicing.v1.billing_entity.created", id, &answer)],
            )
            .await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_billing_entity(
        &self,
        request: Request<pb::GetBillingEntityRequest>,
    ) -> Result<Response<pb::BillingEntity>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(id) = name::entity(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            Ok(wire::message(&store::get(&mut connection, id, call.scope.json().as_ref()).await?))
        })
        .await
    }

    async fn list_billing_entities(
        &self,
        request: Request<pb::ListBillingEntitiesRequest>,
    ) -> Result<Response<pb::ListBillingEntitiesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments = pb::ListBillingEntitiesRequest::default();
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut connection = self.pool.acquire().await?;
            let scope = call.scope.json();
            let which =
                store::Which { after: page.after, scope: scope.as_ref(), limit: page.fetch(), id: None };
            let loaded = store::load(&mut connection, which).await?;
            let (entities, next_page_token) = page.cut(loaded, |entity| entity.id.uuid())?;
            let billing_entities = entities.iter().map(wire::message).collect();
            Ok(pb::ListBillingEntitiesResponse { billing_entities, next_page_token })
        })
        .await
    }

    async fn update_billing_entity(
        &self,
        request: Request<pb::UpdateBillingEntityRequest>,
    ) -> Result<Response<pb::BillingEntity>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let update = message.billing_entity.clone().unwrap_or_default();
            self.is_approved_change(&call, &update.name)?;
            let mask = Mask::of(message.update_mask.as_ref(), wire::CHANGEABLE)?;
            let mut v = Violations::new();
            let Some(id) = name::entity(&mut v, "billing_entity.name", &update.name) else {
                return Err(v.refusal().into());
            };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::lock(&mut transaction, id).await?;
            let current = store::get(&mut transaction, id, call.scope.json().as_ref()).await?;
            changed::whole_entity(&call, id)?;
            let revision =
                changed::next_revision(&update.name, &update.etag, current.revision).or_refuse()?;
            let entity = wire::parse(id, revision, Some(&wire::merge(&current, &update, &mask)))?;
            self.know_engine(&entity)?;
            store::update(&mut transaction, &entity, call.at).await?;
            input_change::record_of_entity(&mut transaction, id, Cause::Reference).await?;
            let answer = wire::message(&entity);
            say(
                &mut transaction,
                &Voice::of(&call),
                vec![fact("billing.invoicing.v1.billing_entity.updated", id, &answer)],
            )
            .await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok::<_, Failure>(answer)
        })
        .await
    }
}

impl Rpc {
    /// That the entity's tax engine is one that this service can ask.
    fn know_engine(&self, entity: &BillingEntity) -> Result<(), Refusal> {
        let names = self.tax_engines.names();
        let mut v = Violations::new();
        if let Some(engine) = entity.tax_engine.as_deref().filter(|engine| !names.contains(engine)) {
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            v.add(
                "billing_entity.tax_engine",
                format!("{engine} is not one of invoicing.tax_engines: {known}"),
            );
        }
        v.check()
    }
}

fn fact(kind: &'static str, id: EntityId, entity: &pb::BillingEntity) -> Fact {
    Fact::new(kind, &entity.name, "billing.invoicing.v1.BillingEntity", entity).of_entity(id)
}
