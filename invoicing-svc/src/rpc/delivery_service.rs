//! DeliveryService.

use billing_proto::billing::invoicing::v1::{self as pb, delivery_service_server::DeliveryService};
use chassis::{
    call::Call,
    failure::{OrRefuse, answer},
    page::Page,
};
use refusal::Violations;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::{
    Rpc,
    arriving::{STALL_MAX, next},
    delivery_source,
    import_airings::Import,
    import_delivery::{Import as ImportDelivery, release},
};
use crate::{
    report::{
        delivery as report, delivery_fact as fact_report, delivery_reconciliation as reconciliation, order,
    },
    wire::{
        airing_batch::{self, Rows},
        delivery_batch, delivery_reconciliation, name,
    },
};

#[tonic::async_trait]
impl DeliveryService for Rpc {
    async fn import_airings(
        &self,
        request: Request<Streaming<pb::ImportAiringsRequest>>,
    ) -> Result<Response<pb::DeliveryBatch>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut stream = request.into_inner();
            let first = next(&mut stream, STALL_MAX).await.or_refuse()?;
            let header = airing_batch::header(first.and_then(|message| message.part))?;
            let _room = self.arrivals.begin().or_refuse()?;
            let mut import = Import::begin(call, header, self.pool.begin().await?).await?;
            let mut rows = Rows::Begin;
            while let Some(message) = next(&mut stream, STALL_MAX).await.or_refuse()? {
                import.take(rows.read(message.part)?).await?;
            }
            import.take(rows.end()?).await?;
            import.land(rows.file_header(), &self.clock).await
        })
        .await
    }

    async fn import_delivery(
        &self,
        request: Request<Streaming<pb::ImportDeliveryRequest>>,
    ) -> Result<Response<pb::DeliveryBatch>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut stream = request.into_inner();
            let first = next(&mut stream, STALL_MAX).await.or_refuse()?;
            let header = delivery_batch::header(first.and_then(|message| message.part))?;
            let _room = self.arrivals.begin().or_refuse()?;
            let mut import = ImportDelivery::begin(call, header, self.pool.clone()).await?;
            import.receive(&mut stream).await?;
            import.land(&self.clock).await
        })
        .await
    }

    async fn get_delivery_batch(
        &self,
        request: Request<pb::GetDeliveryBatchRequest>,
    ) -> Result<Response<pb::DeliveryBatch>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(id) = name::batch(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let scope = call.scope.json();
            let mut connection = self.pool.acquire().await?;
            report::batch(
                &mut connection,
                id,
                report::Viewer { scope: scope.as_ref(), person: &call.caller.person },
            )
            .await
        })
        .await
    }

    async fn list_delivery_batches(
        &self,
        request: Request<pb::ListDeliveryBatchesRequest>,
    ) -> Result<Response<pb::ListDeliveryBatchesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListDeliveryBatchesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Uuid> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let source = Some(&*message.source).filter(|source| !source.is_empty());
            let which = report::Which { id: None, source, before: page.after, limit: page.fetch() };
            let scope = call.scope.json();
            let viewer = report::Viewer { scope: scope.as_ref(), person: &call.caller.person };
            let mut connection = self.pool.acquire().await?;
            let loaded = report::batches(&mut connection, which, viewer).await?;
            let (batches, next_page_token) = page.cut(loaded, |(place, _)| *place)?;
            let delivery_batches = batches.into_iter().map(|(_, batch)| batch).collect();
            Ok(pb::ListDeliveryBatchesResponse { delivery_batches, next_page_token })
        })
        .await
    }

    async fn list_airings(
        &self,
        request: Request<pb::ListAiringsRequest>,
    ) -> Result<Response<pb::ListAiringsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListAiringsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<report::AiringPlace> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let Some(named) = name::order(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            order::must_exist(&mut connection, named, call.scope.json().as_ref()).await?;
            let loaded = report::airings(&mut connection, named, page.after.clone(), page.fetch()).await?;
            let (airings, next_page_token) = page.cut(loaded, |(place, _)| place.clone())?;
            let airings = airings.into_iter().map(|(_, airing)| airing).collect();
            Ok(pb::ListAiringsResponse { airings, next_page_token })
        })
        .await
    }

    async fn list_delivery_facts(
        &self,
        request: Request<pb::ListDeliveryFactsRequest>,
    ) -> Result<Response<pb::ListDeliveryFactsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListDeliveryFactsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<fact_report::FactPlace> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let Some(named) = name::order(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            order::must_exist(&mut connection, named, call.scope.json().as_ref()).await?;
            let which = fact_report::Which {
                account: named.0,
                order: named.1,
                line: Some(&*message.line).filter(|line| !line.is_empty()),
                history: message.history,
                after: page.after.clone(),
                limit: page.fetch(),
            };
            let loaded = fact_report::facts(&mut connection, which).await?;
            let (facts, next_page_token) = page.cut(loaded, |(place, _)| place.clone())?;
            let facts = facts.into_iter().map(|(_, fact)| fact).collect();
            Ok(pb::ListDeliveryFactsResponse { facts, next_page_token })
        })
        .await
    }

    async fn list_delivery_changes(
        &self,
        request: Request<pb::ListDeliveryChangesRequest>,
    ) -> Result<Response<pb::ListDeliveryChangesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListDeliveryChangesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<fact_report::ChangePlace> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let Some(batch) = name::batch(&mut v, "parent", &message.parent) else {
                return Err(v.refusal().into());
            };
            let scope = call.scope.json();
            let mut connection = self.pool.acquire().await?;
            let after = page.after.clone();
            let loaded =
                fact_report::changes(&mut connection, batch, scope.as_ref(), after, page.fetch()).await?;
            let (changes, next_page_token) = page.cut(loaded, |(place, _)| place.clone())?;
            let changes = changes.into_iter().map(|(_, change)| change).collect();
            Ok(pb::ListDeliveryChangesResponse { changes, next_page_token })
        })
        .await
    }

    async fn release_quarantine(
        &self,
        request: Request<pb::ReleaseQuarantineRequest>,
    ) -> Result<Response<pb::DeliveryBatch>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let Some(batch) = name::batch(&mut v, "name", &message.name) else {
                return Err(v.refusal().into());
            };
            release(call, &message, batch, self.pool.clone(), &self.clock).await
        })
        .await
    }

    async fn reconcile_delivery(
        &self,
        request: Request<Streaming<pb::ReconcileDeliveryRequest>>,
    ) -> Result<Response<pb::ReconcileDeliveryResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut stream = request.into_inner();
            let first = next(&mut stream, STALL_MAX).await.or_refuse()?;
            let header = delivery_reconciliation::header(first.and_then(|message| message.part))?;
            let mut sent = delivery_reconciliation::Sent::default();
            while let Some(message) = next(&mut stream, STALL_MAX).await.or_refuse()? {
                sent.take(&header, message.part)?;
            }
            let scope = call.scope.json();
            let viewer = (scope.as_ref(), &*call.caller.person);
            let mut connection = self.pool.acquire().await?;
            reconciliation::compare(&mut connection, &header, &sent, viewer).await
        })
        .await
    }

    async fn get_delivery_source(
        &self,
        request: Request<pb::GetDeliverySourceRequest>,
    ) -> Result<Response<pb::DeliverySource>, Status> {
        answer(delivery_source::get(self, request)).await
    }

    async fn list_delivery_sources(
        &self,
        request: Request<pb::ListDeliverySourcesRequest>,
    ) -> Result<Response<pb::ListDeliverySourcesResponse>, Status> {
        answer(delivery_source::list(self, request)).await
    }

    async fn update_delivery_source(
        &self,
        request: Request<pb::UpdateDeliverySourceRequest>,
    ) -> Result<Response<pb::DeliverySource>, Status> {
        answer(delivery_source::update(self, request)).await
    }

    async fn list_quarantine(
        &self,
        request: Request<pb::ListQuarantineRequest>,
    ) -> Result<Response<pb::ListQuarantineResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListQuarantineRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<report::RowPlace> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let batch = Some(&message.batch).filter(|batch| !batch.is_empty());
            let batch = batch.map(|batch| name::batch(&mut v, "batch", batch));
            v.check()?;
            let scope = call.scope.json();
            let viewer = report::Viewer { scope: scope.as_ref(), person: &call.caller.person };
            let mut connection = self.pool.acquire().await?;
            let loaded =
                report::quarantine(&mut connection, batch.flatten(), page.after, page.fetch(), viewer)
                    .await?;
            let (rows, next_page_token) = page.cut(loaded, |(place, _)| *place)?;
            let rows = rows.into_iter().map(|(_, row)| row).collect();
            Ok(pb::ListQuarantineResponse { rows, next_page_token })
        })
        .await
    }
}
