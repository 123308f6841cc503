//! gRPC clients of the public door.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use billing_proto::billing::adjustments::v1::{
    adjustment_service_client::AdjustmentServiceClient, approval_service_client::ApprovalServiceClient,
    dispute_service_client::DisputeServiceClient,
};
use billing_proto::billing::invoicing::v1::{
    account_service_client::AccountServiceClient, ad_product_service_client::AdProductServiceClient,
    billing_entity_service_client::BillingEntityServiceClient,
    billing_run_service_client::BillingRunServiceClient, delivery_service_client::DeliveryServiceClient,
    event_service_client::EventServiceClient, invoice_service_client::InvoiceServiceClient,
    ledger_service_client::LedgerServiceClient, makegood_service_client::MakegoodServiceClient,
    note_service_client::NoteServiceClient, number_series_service_client::NumberSeriesServiceClient,
    order_service_client::OrderServiceClient, receivable_service_client::ReceivableServiceClient,
    tax_service_client::TaxServiceClient,
};
use billing_proto::google::r#type::Date;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

use super::Endpoints;

/// The door of a suite.
pub struct Door {
    endpoints: Endpoints,
    channel: Option<Channel>,
}

impl Door {
    /// A door that nobody opens yet.
    pub fn closed() -> Self {
        Self { endpoints: Endpoints { address: String::new(), tokens: [].into() }, channel: None }
    }

    /// The door that `endpoints.json` names, as soon as it opens.
    pub async fn of(file: &Path) -> Result<Self> {
        let endpoints: Endpoints = serde_json::from_str(&fs::read_to_string(file)?)?;
        let channel = Endpoint::from_shared(endpoints.address.clone())?.connect().await?;
        Ok(Self { endpoints, channel: Some(channel) })
    }

    pub fn address(&self) -> &str {
        &self.endpoints.address
    }

    pub fn token(&self, person: &str) -> Result<&str> {
        let token = self.endpoints.tokens.get(person);
        let known = || format!("nobody is called {person}: {:?}", self.endpoints.tokens.keys());
        Ok(token.with_context(known)?.as_str())
    }

    pub fn client(&self, person: &str) -> Result<Client> {
        let bearer = format!("Bearer {}", self.token(person)?).parse()?;
        let channel = self.channel.clone().context("the suite is not started")?;
        Ok(Client(InterceptedService::new(channel, Bearer(bearer))))
    }
}

/// Shows a token with every call.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// The services as one person may call them.
#[derive(Clone)]
pub struct Client(InterceptedService<Channel, Bearer>);

macro_rules! services {
    ($($name:ident: $client:ident),* $(,)?) => {
        impl Client { $(
            pub fn $name(&self) -> $client<InterceptedService<Channel, Bearer>> {
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
    disputes: DisputeServiceClient,
    entities: BillingEntityServiceClient,
    events: EventServiceClient,
    invoices: InvoiceServiceClient,
    ledger: LedgerServiceClient,
    makegoods: MakegoodServiceClient,
    notes: NoteServiceClient,
    orders: OrderServiceClient,
    products: AdProductServiceClient,
    receivables: ReceivableServiceClient,
    runs: BillingRunServiceClient,
    series: NumberSeriesServiceClient,
    taxes: TaxServiceClient,
}

/// The stable reason of a refusal; empty where there is none.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// `2026-01-31` as the contracts write it.
pub fn day(text: &str) -> Result<Date> {
    let mut parts = text.split('-').map(str::parse);
    let mut part = || parts.next().with_context(|| format!("{text} is no day")).and_then(|part| Ok(part?));
    Ok(Date { year: part()?, month: part()?, day: part()? })
}

/// A day of the contracts as `2026-01-31`; empty where there is none.
pub fn day_text(date: Option<Date>) -> String {
    date.map_or(String::new(), |date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day))
}
