//! From a configuration to a running service. Used by `main` and by `makegood`.

use adjustments_domain::subscription::Allowed;
use billing_proto::billing::adjustments::v1::{
    adjustment_service_server::AdjustmentServiceServer, approval_service_server::ApprovalServiceServer,
    case_service_server::CaseServiceServer, change_service_server::ChangeServiceServer,
    delegation_service_server::DelegationServiceServer, dispute_service_server::DisputeServiceServer,
    event_service_server::EventServiceServer, person_service_server::PersonServiceServer,
    policy_service_server::PolicyServiceServer, refund_service_server::RefundServiceServer,
    root_cause_service_server::RootCauseServiceServer,
    subscription_service_server::SubscriptionServiceServer,
    work_queue_service_server::WorkQueueServiceServer,
};
use chassis::{
    background::Background,
    caller::{CallerSigner, CallerVerifier, WeakSecret},
    clock::Clock,
    configuration::Secret,
    database::{self, DatabaseError, Login},
    failure::Failure,
    page::PageSeal,
    serve::{Running, ServeError, Server, Services},
    stack::{MESSAGE_MAX_BYTES, Stack},
};
use futures::future::BoxFuture;
use outbox::Feed;

use crate::{
    Configuration, Passwords,
    invoicing::Invoicing,
    rpc::{Policies, Rpc, begin_with_a_policy},
    work::{self, Worker},
};

/// The schema, and the audience of callers.
const NAME: &str = "adjustments";

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
    #[error("adjustments.invoicing_url: {url:?} is no address such as http://127.0.0.1:50051: {source}")]
    InvoicingUrl { url: String, source: tonic::transport::Error },
    #[error("the policy that comes with the installation cannot be kept: {0}")]
    Policy(#[source] Failure),
}

/// Prepares the schema with a URL that may create roles and schemas. Can be run again, and by many at once.
pub fn migrate<'a>(
    admin_url: &'a Secret,
    passwords: &'a Passwords,
) -> BoxFuture<'a, Result<(), DatabaseError>> {
    Box::pin(async move {
        let owner = Login { role: "adjustments_owner", password: &passwords.owner };
        let app = Login { role: "adjustments_app", password: &passwords.app };
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
    begin_with_a_policy(&pool, clock.now()).await.map_err(StartError::Policy)?;
    let background = Background::new();
    let feed = Feed::begin(&pool, &background);
    let signer = CallerSigner::new(&configuration.caller_secret, clock.clone())?;
    let invoicing = Invoicing::lazily(&configuration.invoicing_url, signer)
        .map_err(|source| StartError::InvoicingUrl { url: configuration.invoicing_url.clone(), source })?;
    let policies = Policies::default();
    let worker = Worker::new(&pool, &clock, &invoicing, &policies, &configuration.notifications);
    let bell = work::begin(&background, worker);
    let rpc = Rpc {
        pool,
        seal: PageSeal::derived(&configuration.caller_secret),
        feed,
        background: background.clone(),
        policies,
        invoicing,
        bell,
        allowed: Allowed {
            hosts: configuration.notifications.webhook_hosts,
            mail: configuration.notifications.mail_folder.is_some(),
        },
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
        AdjustmentServiceServer,
        ApprovalServiceServer,
        PolicyServiceServer,
        PersonServiceServer,
        DelegationServiceServer,
        DisputeServiceServer,
        RefundServiceServer,
        CaseServiceServer,
        ChangeServiceServer,
        WorkQueueServiceServer,
        SubscriptionServiceServer,
        RootCauseServiceServer,
        EventServiceServer,
    )
}
