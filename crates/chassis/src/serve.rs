//! Serving and draining: a service that is told to end takes no new call, finishes those it has, and then ends.

use std::{convert::Infallible, io, net::SocketAddr, time::Duration};

use http::{Request, Response};
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{
    body::Body,
    server::NamedService,
    service::Routes,
    transport::{Server as Transport, server::TcpIncoming},
};
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::Service;

use crate::{background::Background, stack::Stack};

/// How long calls may take to finish once the service is told to end. Streams are told through
/// [`Background::cancellation`].
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// Pings find connections whose other end has gone without a word.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// How much of a stream may wait unread at a service, or at the gateway on its way back. Both are near, so a little is
/// enough to keep both at work.
pub const STREAM_WINDOW_BYTES: u32 = 64 * 1024;

/// How much of all streams of a connection may wait unread: far more than one stream may, so that no stream holds up
/// the others. It also decides how many small messages may wait: the HTTP/2 library (h2) counts 256 − n bytes for
/// each unread frame of n bytes, and at half of this window it ends the connection, and with it everybody's calls. So
/// 160 streams of rows of 65 bytes may wait at once, and two of frames of one byte.
pub const CONNECTION_WINDOW_BYTES: u32 = 64 * 1024 * 1024;

/// Why a service does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program listens there.
    #[error(
        "{0} is taken by another program; stop that program, or configure another address (port 0 takes a free one)"
    )]
    Taken(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}; configure an address of this machine")]
    Address(SocketAddr, #[source] io::Error),
    /// The contracts cannot be shown by reflection.
    #[error("the contracts cannot be read: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// The gRPC services of one server.
#[derive(Default)]
pub struct Services {
    routes: Routes,
    names: Vec<&'static str>,
}

impl Services {
    /// No services yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same services and one more. Its handlers go through the stack.
    #[must_use]
    pub fn with<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
        S: NamedService + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        self.routes = self.routes.add_service(service);
        self.names.push(S::NAME);
        self
    }
}

/// A server that has its address and waits to be started.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Takes the address; port 0 takes a free port.
    pub async fn bind(address: SocketAddr) -> Result<Self, ServeError> {
        let refused = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => ServeError::Taken(address),
            _ => ServeError::Address(address, error),
        };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address })
    }

    /// The address that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The listener itself, for a server of another kind.
    pub fn into_listener(self) -> TcpListener {
        self.listener
    }

    /// Serves with health and reflection until the background is cancelled or the running service is stopped.
    pub async fn start(
        self,
        services: Services,
        stack: Stack,
        background: Background,
    ) -> Result<Running, ServeError> {
        let (health, health_service) = tonic_health::server::health_reporter();
        let mut reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(billing_proto::FILE_DESCRIPTOR_SET);
        for name in &services.names {
            health.set_service_status(name, ServingStatus::Serving).await;
            reflection = reflection.with_service_name(*name);
        }
        let routes =
            services.routes.add_service(health_service).add_service(reflection.build_v1()?).prepare();
        let cancelled = drain(background.clone(), health, services.names);
        let serving = Transport::builder()
            .http2_keepalive_interval(Some(KEEPALIVE))
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .layer(stack)
            .add_routes(routes)
            .serve_with_incoming_shutdown(
                TcpIncoming::from(self.listener).with_nodelay(Some(true)),
                cancelled,
            );
        Ok(Running { address: self.address, background, server: tokio::spawn(serving) })
    }
}

/// Waits for the end and announces it to whoever balances calls by health.
async fn drain(background: Background, health: HealthReporter, names: Vec<&'static str>) {
    background.cancellation().cancelled().await;
    for name in names.into_iter().chain([""]) {
        health.set_service_status(name, ServingStatus::NotServing).await;
    }
}

/// A service that serves.
pub struct Running {
    address: SocketAddr,
    background: Background,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its background, whose cancellation ends the service.
    pub fn background(&self) -> &Background {
        &self.background
    }

    /// Ends the service: calls finish within ten seconds, background tasks in their own time.
    pub async fn stop(mut self) {
        self.background.cancellation().cancel();
        match tokio::time::timeout(DRAIN_MAX, &mut self.server).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::error!(%error, "the server ended by an error"),
            Ok(Err(error)) => tracing::error!(%error, "the server ended by a panic"),
            Err(_) => {
                tracing::warn!(address = %self.address, "calls were cut off that did not finish in time");
                self.server.abort();
            }
        }
        self.background.stop().await;
    }
}

/// Waits until somebody tells the process to end: SIGTERM, or Ctrl-C.
pub async fn told_to_end() -> io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        told = tokio::signal::ctrl_c() => told,
        _ = terminate.recv() => Ok(()),
    }
}
