//! StageClockService.

use billing_proto::billing::invoicing::v1::{self as pb, stage_clock_service_server::StageClockService};
use chassis::{call::Call, failure::answer, page::Page};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::{
    report::{
        invoice, order,
        stage_clock::{self as report, Place, Which},
    },
    store,
    wire::stage_clock::{self as wire, Of},
};

#[tonic::async_trait]
impl StageClockService for Rpc {
    async fn list_stage_clocks(
        &self,
        request: Request<pb::ListStageClocksRequest>,
    ) -> Result<Response<pb::ListStageClocksResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListStageClocksRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            // What is billed of an order comes after what was: a page begins after so many rows.
            let page: Page<i64> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let (account, of) = wire::of(&message)?;
            let scope = call.scope.json();
            let scope = scope.as_ref();
            let mut connection = self.pool.acquire().await?;
            match of {
                Of::Order(id) => order::must_exist(&mut connection, (account, id), scope).await?,
                Of::Invoice(id) => invoice::must_exist(&mut connection, (account, id), scope).await?,
            }
            let skip = page.after.map_or(0, |last| last + 1);
            let which = Which { account, of, scope, skip, limit: page.fetch() };
            let loaded = report::clocks(&mut connection, which).await?;
            let numbered: Vec<_> = (skip..).zip(loaded).collect();
            let (part, next_page_token) = page.cut(numbered, |(place, _)| *place)?;
            let stage_clocks = part.into_iter().map(|(_, clock)| clock).collect();
            Ok(pb::ListStageClocksResponse { stage_clocks, next_page_token })
        })
        .await
    }

    async fn list_stage_delays(
        &self,
        request: Request<pb::ListStageDelaysRequest>,
    ) -> Result<Response<pb::ListStageDelaysResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListStageDelaysRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<Place> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let billed = wire::billed(&message)?;
            let scope = call.scope.json();
            let mut connection = self.pool.acquire().await?;
            let entity = store::billing_entity::get(&mut connection, billed.entity, scope.as_ref()).await?;
            let asked = (page.after.as_ref(), page.fetch());
            let summed = report::delays(&mut connection, &entity, billed, scope.as_ref(), asked).await?;
            let (part, next_page_token) = page.cut(summed, |(place, _)| place.clone())?;
            let stage_delays = part.into_iter().map(|(_, delay)| delay).collect();
            Ok(pb::ListStageDelaysResponse { stage_delays, next_page_token })
        })
        .await
    }
}
