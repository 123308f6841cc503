//! A service that answers as it is told.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use async_stream::try_stream;
use billing_proto::billing::{event::v1::*, invoicing::v1::*};
use billing_proto::google::api::HttpBody;
use chassis::{attachment::answer_file, call::Call, failure::Failure};
use futures::{Stream, StreamExt};
use refusal::{Class, FieldViolation, Refusal};
use tonic::{Request, Response, Status, Streaming};

/// What it heard of client streams.
#[derive(Clone, Default)]
pub struct Canned {
    /// Messages of the last import.
    pub heard: Arc<AtomicI64>,
    /// The last import ended in an error instead of its end.
    pub aborted: Arc<AtomicBool>,
    /// A stream of events was dropped.
    pub left: Arc<AtomicBool>,
}

fn missing<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("nobody asks for this"))
}

#[tonic::async_trait]
impl account_service_server::AccountService for Canned {
    async fn create_account(
        &self,
        request: Request<CreateAccountRequest>,
    ) -> Result<Response<Account>, Status> {
        let CreateAccountRequest { account, request_id } = request.into_inner();
        Ok(Response::new(Account { etag: request_id, ..account.unwrap_or_default() }))
    }

    /// What the name says is what happens.
    async fn get_account(&self, request: Request<GetAccountRequest>) -> Result<Response<Account>, Status> {
        let caller = Call::of(&request).map_err(Failure::into_status)?.caller;
        let headers: Vec<String> = request.metadata().keys().map(|key| format!("{key:?}")).collect();
        let name = request.into_inner().name;
        match name.as_str() {
            "accounts/missing" => {
                let refusal = Refusal::new(Class::Missing, "ACCOUNT_NOT_FOUND", "there is no such account");
                Err(Failure::from(refusal.with("name", name)).into_status())
            }
            "accounts/malformed" => {
                let violation = FieldViolation { field: "name".into(), description: "is wrong".into() };
                Err(Failure::from(Refusal::malformed(vec![violation])).into_status())
            }
            "accounts/slow" => {
                tokio::time::sleep(Duration::from_secs(30)).await;
                missing()
            }
            "accounts/broken" => {
                Err(Failure::Fault(std::io::Error::other("the details").into()).into_status())
            }
            _ => Ok(Response::new(Account {
                name,
                legal_name: headers.join(" "),
                code: caller.person,
                ..Account::default()
            })),
        }
    }

    async fn list_accounts(
        &self,
        request: Request<ListAccountsRequest>,
    ) -> Result<Response<ListAccountsResponse>, Status> {
        Ok(Response::new(ListAccountsResponse {
            accounts: vec![],
            next_page_token: format!("{:?}", request.into_inner()),
        }))
    }

    async fn update_account(
        &self,
        request: Request<UpdateAccountRequest>,
    ) -> Result<Response<Account>, Status> {
        let UpdateAccountRequest { account, update_mask, request_id } = request.into_inner();
        let etag = format!("{} {request_id}", update_mask.unwrap_or_default().paths.join("+"));
        Ok(Response::new(Account { etag, ..account.unwrap_or_default() }))
    }
}

#[tonic::async_trait]
impl delivery_service_server::DeliveryService for Canned {
    async fn import_airings(
        &self,
        request: Request<Streaming<ImportAiringsRequest>>,
    ) -> Result<Response<DeliveryBatch>, Status> {
        let mut messages = request.into_inner();
        self.heard.store(0, Ordering::SeqCst);
        self.aborted.store(true, Ordering::SeqCst);
        while let Some(message) = messages.message().await? {
            if matches!(&message.part, Some(import_airings_request::Part::Airing(airing)) if airing.spot == "stop")
            {
                return Err(Status::failed_precondition("enough"));
            }
            if matches!(&message.part, Some(import_airings_request::Part::Header(header)) if header.source == "rest")
            {
                tokio::time::sleep(Duration::from_secs(3)).await;
            }
            self.heard.fetch_add(1, Ordering::SeqCst);
        }
        self.aborted.store(false, Ordering::SeqCst);
        let rows_loaded = self.heard.load(Ordering::SeqCst);
        Ok(Response::new(DeliveryBatch { rows_loaded, ..DeliveryBatch::default() }))
    }

    async fn import_delivery(
        &self,
        _: Request<Streaming<ImportDeliveryRequest>>,
    ) -> Result<Response<DeliveryBatch>, Status> {
        missing()
    }

    async fn list_delivery_facts(
        &self,
        _: Request<ListDeliveryFactsRequest>,
    ) -> Result<Response<ListDeliveryFactsResponse>, Status> {
        missing()
    }

    async fn list_delivery_changes(
        &self,
        _: Request<ListDeliveryChangesRequest>,
    ) -> Result<Response<ListDeliveryChangesResponse>, Status> {
        missing()
    }

    async fn release_quarantine(
        &self,
        _: Request<ReleaseQuarantineRequest>,
    ) -> Result<Response<DeliveryBatch>, Status> {
        missing()
    }

    async fn reconcile_delivery(
        &self,
        _: Request<Streaming<ReconcileDeliveryRequest>>,
    ) -> Result<Response<ReconcileDeliveryResponse>, Status> {
        missing()
    }

    async fn get_delivery_source(
        &self,
        _: Request<GetDeliverySourceRequest>,
    ) -> Result<Response<DeliverySource>, Status> {
        missing()
    }

    async fn list_delivery_sources(
        &self,
        _: Request<ListDeliverySourcesRequest>,
    ) -> Result<Response<ListDeliverySourcesResponse>, Status> {
        missing()
    }

    async fn update_delivery_source(
        &self,
        _: Request<UpdateDeliverySourceRequest>,
    ) -> Result<Response<DeliverySource>, Status> {
        missing()
    }

    async fn get_delivery_batch(
        &self,
        _: Request<GetDeliveryBatchRequest>,
    ) -> Result<Response<DeliveryBatch>, Status> {
        missing()
    }

    async fn list_delivery_batches(
        &self,
        _: Request<ListDeliveryBatchesRequest>,
    ) -> Result<Response<ListDeliveryBatchesResponse>, Status> {
        missing()
    }

    async fn list_airings(
        &self,
        _: Request<ListAiringsRequest>,
    ) -> Result<Response<ListAiringsResponse>, Status> {
        missing()
    }

    async fn list_quarantine(
        &self,
        _: Request<ListQuarantineRequest>,
    ) -> Result<Response<ListQuarantineResponse>, Status> {
        missing()
    }
}

#[tonic::async_trait]
impl invoice_service_server::InvoiceService for Canned {
    async fn get_invoice(&self, request: Request<GetInvoiceRequest>) -> Result<Response<Invoice>, Status> {
        let gross = Some(Money { currency_code: "USD".into(), amount: "3883.34".into() });
        let name = request.into_inner().name;
        Ok(Response::new(Invoice {
            name,
            state: InvoiceState::Issued.into(),
            spots: 2,
            gross,
            ..Invoice::default()
        }))
    }

    async fn list_invoices(
        &self,
        request: Request<ListInvoicesRequest>,
    ) -> Result<Response<ListInvoicesResponse>, Status> {
        let message = request.into_inner();
        let next_page_token =
            format!("{} {} {}", message.parent, message.state().as_str_name(), message.page_size);
        Ok(Response::new(ListInvoicesResponse { invoices: vec![], next_page_token }))
    }

    async fn edit_invoice(&self, _: Request<EditInvoiceRequest>) -> Result<Response<Invoice>, Status> {
        missing()
    }

    async fn download_invoice(
        &self,
        request: Request<DownloadInvoiceRequest>,
    ) -> Result<Response<HttpBody>, Status> {
        let (content_type, data) = match request.into_inner().format() {
            InvoiceFormat::Csv => ("text/csv; charset=utf-8", "number,amount\r\n"),
            InvoiceFormat::Unspecified | InvoiceFormat::Pdf | InvoiceFormat::Json => {
                ("application/pdf", "%PDF-1.7\n\u{1}")
            }
        };
        let file = HttpBody { content_type: content_type.into(), data: data.into(), extensions: vec![] };
        answer_file(async { Ok(("Größe 1.pdf".to_owned(), file)) }).await
    }
}

/// Tells when it is dropped.
struct Leaving(Arc<AtomicBool>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tonic::async_trait]
impl event_service_server::EventService for Canned {
    type StreamEventsStream = Pin<Box<dyn Stream<Item = Result<Event, Status>> + Send>>;

    /// Three events; then an error where events of type `fail` are asked for, an end with `until_now`, and silence
    /// otherwise.
    async fn stream_events(
        &self,
        request: Request<StreamEventsRequest>,
    ) -> Result<Response<Self::StreamEventsStream>, Status> {
        let message = request.into_inner();
        if message.after_position < 0 {
            return Err(Status::invalid_argument("after_position"));
        }
        let leaving = Leaving(self.left.clone());
        let events = try_stream! {
            let _leaving = leaving;
            for position in message.after_position + 1..message.after_position + 4 {
                let account = prost_types::Any {
                    type_url: "type.googleapis.com/billing.invoicing.v1.Account".into(),
                    value: prost::Message::encode_to_vec(&Account { code: "A-1".into(), ..Account::default() }),
                };
                yield Event { position, payload: Some(account), ..Event::default() };
            }
            if message.type_prefixes.iter().any(|prefix| prefix == "fail") {
                Err(Status::unavailable("the feed broke off"))?;
            }
            if !message.until_now {
                std::future::pending::<()>().await;
            }
        };
        Ok(Response::new(events.boxed()))
    }
}
