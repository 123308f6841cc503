//! NumberSeriesService.

use billing_proto::billing::invoicing::v1::{self as pb, number_series_service_server::NumberSeriesService};
use chassis::{
    call::Call,
    failure::{OrRefuse, answer},
    mask::Mask,
    page::Page,
};
use ids::{EntityId, Revision, SeriesId};
use invoicing_domain::number_series;
use outbox::{Begun, Fact, Once, Voice, say};
use refusal::Violations;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, changed};
use crate::{
    store::{billing_entity, number_series as store},
    wire::{name, number_series as wire},
};

#[tonic::async_trait]
impl NumberSeriesService for Rpc {
    async fn create_number_series(
        &self,
        request: Request<pb::CreateNumberSeriesRequest>,
    ) -> Result<Response<pb::NumberSeries>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(entity) = name::entity(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let id = SeriesId::from_uuid(Uuid::now_v7());
            let series = wire::parse((entity, id), Revision::FIRST, message.number_series.as_ref())?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            billing_entity::get(&mut transaction, entity, call.scope.json().as_ref()).await?;
            changed::whole_entity(&call, entity)?;
            store::insert(&mut transaction, &series, call.at).await?;
            let answer = wire::message(&series, &[]);
            let created = fact("billing.invoicing.v1.number_series.created", entity, &answer);
            say(&mut transaction, &Voice::of(&call), vec![created]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_number_series(
        &self,
        request: Request<pb::GetNumberSeriesRequest>,
    ) -> Result<Response<pb::NumberSeries>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(key) = name::series(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            let found = store::get(&mut connection, key, call.scope.json().as_ref()).await?;
            Ok(wire::message(&found.series, &found.years))
        })
        .await
    }

    async fn list_number_series(
        &self,
        request: Request<pb::ListNumberSeriesRequest>,
    ) -> Result<Response<pb::ListNumberSeriesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListNumberSeriesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let Some(entity) = name::entity(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let scope = call.scope.json();
            let mut connection = self.pool.acquire().await?;
            billing_entity::get(&mut connection, entity, scope.as_ref()).await?;
            let which = store::Which {
                entity: Some(entity),
                after: page.after,
                scope: scope.as_ref(),
                limit: page.fetch(),
                id: None,
            };
            let loaded = store::load(&mut connection, which).await?;
            let (loaded, next_page_token) = page.cut(loaded, |found| found.series.id.uuid())?;
            let number_series =
                loaded.iter().map(|found| wire::message(&found.series, &found.years)).collect();
            Ok(pb::ListNumberSeriesResponse { number_series, next_page_token })
        })
        .await
    }

    async fn update_number_series(
        &self,
        request: Request<pb::UpdateNumberSeriesRequest>,
    ) -> Result<Response<pb::NumberSeries>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let update = message.number_series.clone().unwrap_or_default();
            let mask = Mask::of(message.update_mask.as_ref(), wire::CHANGEABLE)?;
            let mut v = Violations::new();
            let key = name::series(&mut v, "number_series.name", &update.name);
            let Some((entity, id)) = key else { return Err(v.refusal().into()) };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::lock(&mut transaction, id).await?;
            let current = store::get(&mut transaction, (entity, id), call.scope.json().as_ref()).await?;
            changed::whole_entity(&call, entity)?;
            let revision =
                changed::next_revision(&update.name, &update.etag, current.series.revision).or_refuse()?;
            let series =
                wire::parse((entity, id), revision, Some(&wire::merge(&current.series, &update, &mask)))?;
            number_series::update(&current.series, &series, &current.years).or_refuse()?;
            store::update(&mut transaction, &series).await?;
            let answer = wire::message(&series, &current.years);
            let updated = fact("billing.invoicing.v1.number_series.updated", entity, &answer);
            say(&mut transaction, &Voice::of(&call), vec![updated]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }
}

fn fact(kind: &'static str, entity: EntityId, series: &pb::NumberSeries) -> Fact {
    Fact::new(kind, &series.name, "billing.invoicing.v1.NumberSeries", series).of_entity(entity)
}
