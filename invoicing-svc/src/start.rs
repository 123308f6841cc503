//! From a configuration to a running service. Used by `main` and by `makegood`.

use billing_proto::billing::invoicing::v1::{
    account_service_server::AccountServiceServer,
    accounting_period_service_server::AccountingPeriodServiceServer,
    ad_credit_service_server::AdCreditServiceServer, ad_product_service_server::AdProductServiceServer,
    agreement_service_server::AgreementServiceServer,
    billing_entity_service_server::BillingEntityServiceServer,
    billing_exception_service_server::BillingExceptionServiceServer,
    billing_run_service_server::BillingRunServiceServer, delivery_service_server::DeliveryServiceServer,
    event_service_server::EventServiceServer, explanation_service_server::ExplanationServiceServer,
    hold_service_server::HoldServiceServer, invoice_service_server::InvoiceServiceServer,
    ledger_service_server::LedgerServiceServer, makegood_service_server::MakegoodServiceServer,
    note_service_server::NoteServiceServer, number_series_service_server::NumberSeriesServiceServer,
    order_service_server::OrderServiceServer, rate_card_service_server::RateCardServiceServer,
    rating_service_server::RatingServiceServer, receivable_service_server::ReceivableServiceServer,
    stage_clock_service_server::StageClockServiceServer, tax_service_server::TaxServiceServer,
};
use chassis::{
    background::Background,
    caller::{CallerVerifier, WeakSecret},
    clock::Clock,
    configuration::Secret,
    database::{self, DatabaseError, Login},
    page::PageSeal,
    serve::{Running, ServeError, Server, Services},
    stack::{MESSAGE_MAX_BYTES, Stack},
};
use futures::future::BoxFuture;
use outbox::Feed;

use crate::{
    Configuration, Passwords,
    rpc::{Arrivals, Rpc},
    work::{self, TaxEngineUrlError, TaxEngines},
};

/// The schema, and the audience of callers.
const NAME: &str = "invoicing";

/// How many calls are worked on at once; what comes on top is shed.
const CONCURRENCY_MAX: usize = 512;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Secret(#[from] WeakSecret),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    TaxEngine(#[from] TaxEngineUrlError),
}

/// Prepares the schema with a URL that may create roles and schemas. Can be run again, and by many at once.
pub fn migrate<'a>(
    admin_url: &'a Secret,
    passwords: &'a Passwords,
) -> BoxFuture<'a, Result<(), DatabaseError>> {
    Box::pin(async move {
        let owner = Login { role: "invoicing_owner", password: &passwords.owner };
        let app = Login { role: "invoicing_app", password: &passwords.app };
        database::migrate(admin_url, NAME, &owner, &app, &MIGRATIONS).await
    })
}

/// Starts the service: its calls, and the work beside them. The future is boxed, so that what it leads to is compiled
/// once, here, and not again in every binary that starts it.
pub fn start(configuration: Configuration, clock: Clock) -> BoxFuture<'static, Result<Running, StartError>> {
    Box::pin(starting(configuration, clock))
}

async fn starting(configuration: Configuration, clock: Clock) -> Result<Running, StartError> {
    let server = Server::bind(configuration.listen).await?;
    let verifier = CallerVerifier::new(&configuration.caller_secret, NAME, clock.clone())?;
    let pool = database::connect(&configuration.database_url, NAME, configuration.connections_max).await?;
    let background = Background::new();
    let feed = Feed::begin(&pool, &background);
    let tax_engines = TaxEngines::of(&configuration.tax_engines)?;
    let bell = work::begin(&background, &pool, &clock, &tax_engines);
    let rpc = Rpc {
        pool,
        seal: PageSeal::derived(&configuration.caller_secret),
        feed,
        bell,
        background: background.clone(),
        clock: clock.clone(),
        arrivals: Arrivals::new(),
        tax_engines,
        approvals: configuration.approvals,
    };
    Ok(server.start(services(rpc), Stack::new(verifier, clock, CONCURRENCY_MAX), background).await?)
}

fn services(rpc: Rpc) -> Services {
    macro_rules! serve {
        ($($server:ident),* $(,)?) => {
            Services::new()$( .with($server::new(rpc.clone()).max_decoding_message_size(MESSAGE_MAX_BYTES)) )*
        };
    }
    serve!(
        BillingEntityServiceServer,
        NumberSeriesServiceServer,
        AccountingPeriodServiceServer,
        AccountServiceServer,
        AdProductServiceServer,
        AdCreditServiceServer,
        AgreementServiceServer,
        OrderServiceServer,
        DeliveryServiceServer,
        BillingRunServiceServer,
        BillingExceptionServiceServer,
        HoldServiceServer,
        InvoiceServiceServer,
        NoteServiceServer,
        MakegoodServiceServer,
        ReceivableServiceServer,
        LedgerServiceServer,
        ExplanationServiceServer,
        StageClockServiceServer,
        RateCardServiceServer,
        RatingServiceServer,
        TaxServiceServer,
        EventServiceServer,
    )
}
