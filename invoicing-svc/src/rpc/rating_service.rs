//! RatingService.

use billing_proto::billing::invoicing::v1::{self as pb, rating_service_server::RatingService};
use chassis::failure::{OrRefuse, answer};
use invoicing_domain::rating::{Quote, quote};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::wire::quote as wire;

#[tonic::async_trait]
impl RatingService for Rpc {
    async fn quote(&self, request: Request<pb::QuoteRequest>) -> Result<Response<pb::QuoteResponse>, Status> {
        answer(async {
            let asked = wire::parse(request.get_ref())?;
            let currency = asked.order.currency;
            let months = quote(Quote::of(asked).or_refuse()?).or_refuse()?;
            wire::message(months, currency)
        })
        .await
    }
}
