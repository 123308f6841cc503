//! EventService.

use billing_proto::billing::{
    adjustments::v1::event_service_server::EventService,
    event::v1::{Event, StreamEventsRequest},
};
use chassis::{
    call::Call,
    failure::{Answers, Failure, answer_stream},
};
use tonic::{Request, Response, Status};

use super::Rpc;

#[tonic::async_trait]
impl EventService for Rpc {
    type StreamEventsStream = Answers<Event>;

    async fn stream_events(
        &self,
        request: Request<StreamEventsRequest>,
    ) -> Result<Response<Answers<Event>>, Status> {
        let call = Call::of(&request).map_err(Failure::into_status)?;
        let cancellation = self.background.cancellation();
        Ok(answer_stream(self.feed.stream(request.into_inner(), call.scope, cancellation)))
    }
}
