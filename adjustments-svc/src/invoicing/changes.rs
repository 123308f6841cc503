//! Calls that somebody has proposed and others have approved.

use chassis::{
    allow::Method,
    caller::{Caller, Grant},
    failure::Failure,
    stack::MESSAGE_MAX_BYTES,
};
use prost_reflect::DynamicMessage;
use tonic::{Status, client::Grpc, codegen::http::uri::PathAndQuery};
use tonic_prost::ProstCodec;

use super::{Invoicing, ourselves, refused};

impl Invoicing {
    /// Calls a method as this service, with the rights of somebody else. What it answers is not looked at: the resource is there to
    /// be read. The same request id again is answered as before.
    pub async fn call(
        &self,
        method: &'static Method,
        message: DynamicMessage,
        grants: Vec<Grant>,
    ) -> Result<(), Failure> {
        let request = self.signed(&Caller { grants, ..ourselves() }, message)?;
        let client = Grpc::new(self.channel.clone());
        let mut client = client.max_decoding_message_size(MESSAGE_MAX_BYTES);
        client.ready().await.map_err(|error| refused(Status::unavailable(error.to_string())))?;
        let codec: ProstCodec<DynamicMessage, ()> = ProstCodec::default();
        client.unary(request, PathAndQuery::from_static(method.path()), codec).await.map_err(refused)?;
        Ok(())
    }
}
