//! A client of the public door. It knows nothing of the services behind it.

use std::{fmt, future::Future, time::Duration};

use anyhow::{Context, anyhow};
use billing_proto::billing::{
    access::v1::api_key_service_client::ApiKeyServiceClient,
    adjustments::v1::{
        adjustment_service_client::AdjustmentServiceClient, approval_service_client::ApprovalServiceClient,
        dispute_service_client::DisputeServiceClient, person_service_client::PersonServiceClient,
    },
    invoicing::v1::{
        account_service_client::AccountServiceClient, ad_product_service_client::AdProductServiceClient,
        billing_entity_service_client::BillingEntityServiceClient,
        billing_run_service_client::BillingRunServiceClient, delivery_service_client::DeliveryServiceClient,
        invoice_service_client::InvoiceServiceClient, ledger_service_client::LedgerServiceClient,
        makegood_service_client::MakegoodServiceClient, note_service_client::NoteServiceClient,
        number_series_service_client::NumberSeriesServiceClient, order_service_client::OrderServiceClient,
    },
};
use tokio::time::{Instant, sleep};
use tonic::{
    Code, Request, Response, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

/// How long a call is tried again that the suite cannot answer just now.
const PATIENCE: Duration = Duration::from_secs(30);

/// The largest answer: a PDF of many pages.
const ANSWER_MAX_BYTES: usize = 64 * 1024 * 1024;

/// The public door of a suite, open.
#[derive(Clone, Debug)]
pub struct Door {
    address: String,
    channel: Channel,
}

impl Door {
    /// Connects to `http://host:port`.
    pub async fn open(address: &str) -> Result<Self, anyhow::Error> {
        let endpoint = Endpoint::from_shared(address.to_owned())
            .with_context(|| format!("`{address}` is not an address such as http://127.0.0.1:8080"))?;
        let channel = endpoint.connect().await.map_err(|_| {
            anyhow!(
                "nobody answers at {address}; start the suite with `makegood up`, or name another --address"
            )
        })?;
        Ok(Self { address: address.to_owned(), channel })
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The door as it opens to the bearer of a token. `person` is what messages call the bearer.
    pub fn client(&self, person: &str, token: &str) -> Result<Client, anyhow::Error> {
        let bearer =
            format!("Bearer {token}").parse().map_err(|_| anyhow!("the token of {person} is no token"))?;
        let channel = InterceptedService::new(self.channel.clone(), Bearer(bearer));
        Ok(Client(channel))
    }
}

/// The services, as the bearer of one token.
#[derive(Clone)]
pub struct Client(Signed);

type Signed = InterceptedService<Channel, Bearer>;

/// Shows the token with every call.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

macro_rules! services {
    ($($service:ident: $client:ident),* $(,)?) => {
        impl Client {
            $(
                /// The service of this name.
                pub fn $service(&self) -> $client<Signed> {
                    $client::new(self.0.clone()).max_decoding_message_size(ANSWER_MAX_BYTES)
                }
            )*
        }
    };
}

services! {
    accounts: AccountServiceClient,
    ad_products: AdProductServiceClient,
    adjustments: AdjustmentServiceClient,
    api_keys: ApiKeyServiceClient,
    approvals: ApprovalServiceClient,
    billing_entities: BillingEntityServiceClient,
    billing_runs: BillingRunServiceClient,
    delivery: DeliveryServiceClient,
    disputes: DisputeServiceClient,
    invoices: InvoiceServiceClient,
    ledger: LedgerServiceClient,
    makegoods: MakegoodServiceClient,
    notes: NoteServiceClient,
    number_series: NumberSeriesServiceClient,
    orders: OrderServiceClient,
    people: PersonServiceClient,
}

/// Calls one method with a request that can be sent again: `ask!(client.orders(), get_order, request)`.
macro_rules! ask {
    ($service:expr, $method:ident, $request:expr) => {{
        let request = $request;
        $crate::client::steadily(|| {
            let (mut service, request) = ($service, request.clone());
            async move { service.$method(request).await }
        })
        .await
    }};
}
pub(crate) use ask;

/// Calls until there is an answer or a refusal. UNAVAILABLE is neither: the database may be coming back.
pub async fn steadily<T, F>(call: impl Fn() -> F) -> Result<T, anyhow::Error>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    let started = Instant::now();
    let mut pause = Duration::from_millis(50);
    loop {
        match call().await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) if status.code() == Code::Unavailable && started.elapsed() + pause < PATIENCE => {
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(2));
            }
            Err(status) => return Err(Refused::from(status).into()),
        }
    }
}

/// What the suite did not do, in the words that it gave.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Refused {
    /// The class.
    pub code: Code,
    /// The stable reason of docs/REASONS.md; empty where there is none.
    pub reason: String,
    /// What is wrong, and what to do.
    pub message: String,
    /// The fields that are wrong, each with what is wrong about it.
    pub fields: Vec<(String, String)>,
}

impl From<Status> for Refused {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let violations =
            details.bad_request().map(|request| request.field_violations.clone()).unwrap_or_default();
        Self {
            code: status.code(),
            reason: details.error_info().map(|info| info.reason.clone()).unwrap_or_default(),
            message: status.message().to_owned(),
            fields: violations.into_iter().map(|wrong| (wrong.field, wrong.description)).collect(),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = if self.reason.is_empty() { format!("{:?}", self.code) } else { self.reason.clone() };
        write!(f, "{reason}: {}", self.message)?;
        self.fields.iter().try_for_each(|(field, problem)| write!(f, "\n  {field} {problem}"))
    }
}
