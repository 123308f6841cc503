//! The life of a gateway: migrate, start, serve, drain.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use billing_proto::{
    DESCRIPTOR_POOL, FILE_DESCRIPTOR_SET, billing::access::v1::api_key_service_server::ApiKeyServiceServer,
};
use chassis::{
    background::Background,
    caller::{CallerSigner, CallerVerifier, WeakSecret},
    clock::Clock,
    configuration::Secret,
    database::{self, DatabaseError, Login, Passwords},
    page::PageSeal,
    serve::{ServeError, Server},
    stack::{MESSAGE_MAX_BYTES, Stack},
    telemetry::Telemetry,
};
use futures::future::BoxFuture;
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_reflection::server::{Builder, Error as ReflectionError};
use tower::Layer;

use crate::{
    access::AccessService,
    configuration::Configuration,
    door::Door,
    forward::{Upstream, UpstreamError, Upstreams},
    health,
    limits::Limits,
    measure::Measure,
    open_api,
    serve::serve,
    sign_in::SignIn,
    transcode::{TableError, Transcoder},
};

/// The schema of the gateway, and the name of the service that it hosts.
const ACCESS: &str = "access";

/// How long calls may take to finish once the gateway is told to end.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// Why the gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no database to work with.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The secret that callers are signed with can be guessed.
    #[error(transparent)]
    Secret(#[from] WeakSecret),
    /// A service has no proper address.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The contracts cannot be served over REST.
    #[error(transparent)]
    Contracts(#[from] TableError),
    /// The contracts cannot be shown by reflection.
    #[error("the contracts cannot be read: {0}")]
    Reflection(#[from] ReflectionError),
}

/// Prepares the schema `access` with a URL that may create roles and schemas. Safe to run again, and many at once.
pub fn migrate<'a>(
    admin_url: &'a Secret,
    passwords: &'a Passwords,
) -> BoxFuture<'a, Result<(), DatabaseError>> {
    Box::pin(async move {
        let owner = Login { role: "access_owner", password: &passwords.owner };
        let app = Login { role: "access_app", password: &passwords.app };
        database::migrate(admin_url, ACCESS, &owner, &app, &sqlx::migrate!()).await
    })
}

/// The pool of the schema `access`, for [`create_key`](crate::access::create_key).
pub async fn connect(database_url: &Secret, connections_max: u32) -> Result<PgPool, DatabaseError> {
    database::connect(database_url, ACCESS, connections_max).await
}

/// Starts the gateway. The services behind it may start later. Without telemetry `/metrics` has nothing to show. The
/// future is boxed, so that what it leads to is compiled once, here, and not again in every binary that starts it.
pub fn start(
    configuration: Configuration,
    clock: Clock,
    telemetry: Option<Arc<Telemetry>>,
) -> BoxFuture<'static, Result<Running, StartError>> {
    Box::pin(starting(configuration, clock, telemetry))
}

async fn starting(
    configuration: Configuration,
    clock: Clock,
    telemetry: Option<Arc<Telemetry>>,
) -> Result<Running, StartError> {
    let public = Server::bind(configuration.listen).await?;
    let watched = Server::bind(configuration.health_listen).await?;
    let (address, health_address) = (public.address(), watched.address());
    let background = Background::new();
    let ending = background.cancellation();
    let pool = connect(&configuration.database_url, configuration.connections_max).await?;
    let health = health::routes(pool.clone(), ending.clone(), telemetry);
    let door = door(&configuration, clock, pool, &background)?;
    let serving = vec![
        serve(public.into_listener(), door.routes(), ending.clone()),
        // Answers until all calls are done, so that whoever looks sees the gateway end.
        serve(watched.into_listener(), health, CancellationToken::new()),
    ];
    tracing::info!(%address, %health_address, "the gateway serves");
    Ok(Running { address, health_address, background, serving })
}

fn door(
    configuration: &Configuration,
    clock: Clock,
    pool: PgPool,
    background: &Background,
) -> Result<Door, StartError> {
    let ending = background.cancellation();
    let secret = &configuration.caller_secret;
    let remember = Duration::from_secs(configuration.remember_keys_s);
    let sign_in = Arc::new(SignIn::new(pool.clone(), clock.clone(), remember));
    let access = AccessService::new(pool, PageSeal::derived(secret), sign_in.clone());
    let access = ApiKeyServiceServer::new(access).max_decoding_message_size(MESSAGE_MAX_BYTES);
    let verifier = CallerVerifier::new(secret, ACCESS, clock.clone())?;
    // The hosted service goes through the same stack as every other: what it is told is signed here too.
    let stack = Stack::new(verifier, clock.clone(), configuration.limits.concurrency_max);
    let hosted = stack.layer(Routes::new(access).prepare());
    let mut upstreams = Upstreams::lazily(&configuration.upstreams, &ending)?;
    upstreams.host(Upstream::new(ACCESS, hosted, ending));
    let transcoder = Transcoder::new(&DESCRIPTOR_POOL, MESSAGE_MAX_BYTES)?;
    let contracts = open_api::document(&DESCRIPTOR_POOL, transcoder.table()).to_string();
    Ok(Door {
        transcoder,
        upstreams,
        sign_in,
        signer: CallerSigner::new(secret, clock)?,
        limits: Limits::new(&configuration.limits),
        measure: Measure::new(),
        open: open(background)?,
        open_api: contracts.into(),
    })
}

/// Health, and reflection over all contracts: in both versions, since not every client knows the newer one.
fn open(background: &Background) -> Result<Routes, ReflectionError> {
    let (health, health_service) = tonic_health::server::health_reporter();
    background.spawn("health", move |ending| {
        let health = health.clone();
        async move {
            health.set_service_status("", ServingStatus::Serving).await;
            ending.cancelled().await;
            health.set_service_status("", ServingStatus::NotServing).await;
            Ok(())
        }
    });
    let reflection = || Builder::configure().register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET);
    let routes = Routes::new(health_service).add_service(reflection().build_v1()?);
    Ok(routes.add_service(reflection().build_v1alpha()?).prepare())
}

/// A gateway that serves.
pub struct Running {
    address: SocketAddr,
    health_address: SocketAddr,
    background: Background,
    serving: Vec<JoinHandle<()>>,
}

impl Running {
    /// The public port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port of health and metrics.
    pub fn health_address(&self) -> SocketAddr {
        self.health_address
    }

    /// Ends the gateway: takes no new call, ends streams, and lets calls finish within ten seconds.
    pub async fn stop(mut self) {
        self.background.cancellation().cancel();
        if let Some(public) = self.serving.first_mut()
            && tokio::time::timeout(DRAIN_MAX, public).await.is_err()
        {
            tracing::warn!(address = %self.address, "calls were cut off that did not finish in time");
        }
        for server in &self.serving {
            server.abort();
        }
        self.background.stop().await;
    }
}
