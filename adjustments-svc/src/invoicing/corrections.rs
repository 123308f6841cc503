//! What runs hold.

use billing_proto::billing::invoicing::v1::{
    self as pb, billing_run_service_client::BillingRunServiceClient,
};
use chassis::{failure::Failure, stack::MESSAGE_MAX_BYTES};

use super::{Invoicing, ourselves, refused};

/// How many exceptions are read at once.
const PAGE: i32 = 500;

impl Invoicing {
    /// The negative differences that a run holds now.
    pub async fn held(&self, run: &str) -> Result<Vec<pb::BillingException>, Failure> {
        let client = BillingRunServiceClient::new(self.channel.clone());
        let mut client = client.max_decoding_message_size(MESSAGE_MAX_BYTES);
        let (mut held, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListBillingExceptionsRequest {
                parent: run.to_owned(),
                page_size: PAGE,
                page_token,
                state: pb::ExceptionState::Open.into(),
                reason: "NEGATIVE_DELTA".to_owned(),
                ..pb::ListBillingExceptionsRequest::default()
            };
            let request = self.signed(&ourselves(), request)?;
            let page = client.list_billing_exceptions(request).await.map_err(refused)?.into_inner();
            held.extend(page.exceptions);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(held);
            }
        }
    }
}
