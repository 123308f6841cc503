//! Clients of the suite: through its door, as anybody is; and of the service behind it, as the gateway is.

use anyhow::{Context, Result};
use billing_proto::billing::adjustments::v1::{
    adjustment_service_client::AdjustmentServiceClient, approval_service_client::ApprovalServiceClient,
};
use billing_proto::billing::invoicing::v1::{
    account_service_client::AccountServiceClient, ad_product_service_client::AdProductServiceClient,
    billing_entity_service_client::BillingEntityServiceClient,
    billing_run_service_client::BillingRunServiceClient, delivery_service_client::DeliveryServiceClient,
    event_service_client::EventServiceClient, invoice_service_client::InvoiceServiceClient,
    number_series_service_client::NumberSeriesServiceClient, order_service_client::OrderServiceClient,
};
use chassis::{
    caller::{CALLER_HEADER, CallerSigner},
    clock::Clock,
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

use crate::suite;

/// Says with every call who calls.
#[derive(Clone)]
pub struct Header {
    name: &'static str,
    value: MetadataValue<Ascii>,
}

impl Interceptor for Header {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(self.name, self.value.clone());
        Ok(request)
    }
}

type Signed = InterceptedService<Channel, Header>;

/// The services, as one caller.
#[derive(Clone)]
pub struct Client(Signed);

impl Client {
    /// Through the gateway, with a token.
    pub async fn through_the_door(address: &str, token: &str) -> Result<Self> {
        Self::with(address, Header { name: "authorization", value: format!("Bearer {token}").parse()? }).await
    }

    /// At invoicing itself, as the gateway calls it; good for a minute.
    pub async fn at_the_service(address: &str) -> Result<Self> {
        Self::signed(address, ("invoicing", "bench_1")).await
    }

    /// At a service itself as a person, as the gateway calls it; good for a minute.
    pub async fn signed(address: &str, (service, person): (&str, &str)) -> Result<Self> {
        let (caller, secret) = suite::caller(person);
        let token = CallerSigner::new(&secret, Clock::system())?.sign(&caller, service)?;
        Self::with(address, Header { name: CALLER_HEADER, value: token.parse()? }).await
    }

    async fn with(address: &str, header: Header) -> Result<Self> {
        let channel = Endpoint::from_shared(address.to_owned())?.connect().await;
        let channel = channel.with_context(|| format!("nobody answers at {address}"))?;
        Ok(Self(InterceptedService::new(channel, header)))
    }
}

macro_rules! services {
    ($($name:ident: $client:ident),* $(,)?) => {
        impl Client { $(
            pub fn $name(&self) -> $client<Signed> {
                $client::new(self.0.clone()).max_decoding_message_size(64 << 20)
            }
        )* }
    };
}

services! {
    accounts: AccountServiceClient,
    adjustments: AdjustmentServiceClient,
    approvals: ApprovalServiceClient,
    delivery: DeliveryServiceClient,
    entities: BillingEntityServiceClient,
    events: EventServiceClient,
    invoices: InvoiceServiceClient,
    orders: OrderServiceClient,
    products: AdProductServiceClient,
    runs: BillingRunServiceClient,
    series: NumberSeriesServiceClient,
}
