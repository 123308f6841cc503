//! The way to a service: frames are passed on as they come, none is decoded. Whatever goes wrong on the way becomes a
//! status that the client can read.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    convert::Infallible,
    error::Error,
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use anyhow::Chain;
use billing_proto::DESCRIPTOR_POOL;
use bytes::Bytes;
use chassis::{
    failure::Failure,
    serve::{CONNECTION_WINDOW_BYTES, STREAM_WINDOW_BYTES},
};
use futures::future::{BoxFuture, Either, select};
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use refusal::{Class, Refusal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{
    Status, TimeoutExpired,
    body::Body,
    transport::{Endpoint, Error as TransportError},
};
use tower::{BoxError, Service, ServiceExt, util::BoxCloneSyncService};

const CONNECT_MAX: Duration = Duration::from_secs(5);

const DEADLINE: &str = "the deadline of the call passed";

/// The request paths of all methods that answer with a stream.
static STREAMS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let methods = DESCRIPTOR_POOL.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    methods
        .filter(|method| method.is_server_streaming())
        .map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name()))
        .collect()
});

/// The services behind the door, by the name that follows `billing.` in their packages.
#[derive(Clone, Debug)]
pub struct Upstreams(HashMap<String, Upstream>);

/// The way to one service.
#[derive(Clone, Debug)]
pub struct Upstream {
    name: Arc<str>,
    service: BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>,
    cancellation: CancellationToken,
}

/// An address in the configuration is no URL.
#[derive(Debug, thiserror::Error)]
#[error("upstreams.{name}: {url} is not a URL such as http://127.0.0.1:50051")]
pub struct UpstreamError {
    name: String,
    url: String,
    #[source]
    error: TransportError,
}

impl Upstreams {
    /// Connects to nobody yet: each service is called when it is needed, so they start in any order.
    pub fn lazily(
        urls: &BTreeMap<String, String>,
        cancellation: &CancellationToken,
    ) -> Result<Self, UpstreamError> {
        let connect = |(name, url): (&String, &String)| {
            let endpoint = Endpoint::from_shared(url.clone())
                .map_err(|error| UpstreamError { name: name.clone(), url: url.clone(), error })?
                .connect_timeout(CONNECT_MAX)
                .tcp_nodelay(true)
                .initial_stream_window_size(STREAM_WINDOW_BYTES)
                .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
            let channel = endpoint.connect_lazy();
            Ok((name.clone(), Upstream::new(name, channel, cancellation.clone())))
        };
        Ok(Self(urls.iter().map(connect).collect::<Result<_, _>>()?))
    }

    /// Adds a service that is hosted in this process.
    pub fn host(&mut self, upstream: Upstream) {
        self.0.insert(upstream.name.to_string(), upstream);
    }

    /// The service that a request path such as `/billing.invoicing.v1.OrderService/GetOrder` belongs to.
    pub fn of(&self, path: &str) -> Result<Upstream, Refusal> {
        let name = path.strip_prefix("/billing.").and_then(|rest| rest.split('.').next()).unwrap_or_default();
        self.0.get(name).cloned().ok_or_else(|| {
            let message = format!("the service {name} is not part of this installation");
            Refusal::new(Class::Unavailable, "SERVICE_ABSENT", message).with("service", name)
        })
    }
}

impl Upstream {
    /// A service by its name, which is also the audience of the callers that are signed for it.
    pub fn new<S>(name: &str, service: S, cancellation: CancellationToken) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error: Into<BoxError>>,
        S: Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        let service = BoxCloneSyncService::new(service.map_err(Into::into));
        Self { name: name.into(), service, cancellation }
    }

    /// The name of the service.
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn forward(self, request: Request<Body>) -> Response<Body> {
        let deadline = chassis::stack::timeout(request.headers()).map(|timeout| Instant::now() + timeout);
        let streams = STREAMS.contains(request.uri().path());
        let service = self.service.clone();
        let answered = match select(Box::pin(service.oneshot(request)), passed(deadline)).await {
            Either::Left((answered, _)) => answered,
            Either::Right((status, _)) => return status.into_http(),
        };
        match answered {
            Ok(response) => {
                let cancelled = streams.then(|| self.cancellation.cancelled_owned());
                let end = (cancelled.is_some() || deadline.is_some()).then(|| end(cancelled, deadline));
                response.map(|inner| Body::new(Answer { name: self.name, inner, end, ended: false }))
            }
            Err(error) => away(&self.name, &*error).into_http(),
        }
    }
}

impl Service<Request<Body>> for Upstream {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let forwarded = self.clone().forward(request);
        Box::pin(async { Ok(forwarded.await) })
    }
}

/// An answer on its way back. It ends in a status, also where the service does not.
struct Answer {
    name: Arc<str>,
    inner: Body,
    end: Option<BoxFuture<'static, Status>>,
    ended: bool,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let over = self.end.as_mut().and_then(|end| match end.as_mut().poll(context) {
            Poll::Ready(status) => Some(status),
            Poll::Pending => None,
        });
        let status = match over {
            Some(status) => status,
            None => match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Err(error)) => away(&self.name, &error),
                Some(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
                None => return Poll::Ready(None),
            },
        };
        self.ended = true;
        let mut trailers = HeaderMap::new();
        status.add_header(&mut trailers)?;
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// What ends an answer from outside: its deadline, or that the gateway ends and the answer is a stream.
fn end(
    cancelled: Option<impl Future<Output = ()> + Send + 'static>,
    deadline: Option<Instant>,
) -> BoxFuture<'static, Status> {
    let ending = async move {
        match cancelled {
            Some(cancelled) => cancelled.await,
            None => std::future::pending().await,
        }
        let message = "the gateway is ending; connect again";
        Failure::from(Refusal::new(Class::Unavailable, "GATEWAY_ENDING", message)).into_status()
    };
    Box::pin(async move { select(Box::pin(ending), passed(deadline)).await.factor_first().0 })
}

fn passed(deadline: Option<Instant>) -> BoxFuture<'static, Status> {
    Box::pin(async move {
        match deadline {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
        Status::deadline_exceeded(DEADLINE)
    })
}

/// The service cannot be reached, or broke off.
fn away(name: &str, error: &(dyn Error + 'static)) -> Status {
    // The connection keeps the deadline too, and may be the first to notice.
    if Chain::new(error).any(|cause| cause.is::<TimeoutExpired>()) {
        return Status::deadline_exceeded(DEADLINE);
    }
    let chain = Chain::new(error).map(ToString::to_string).collect::<Vec<_>>().join(": ");
    tracing::warn!(service = name, error = chain, "a service could not be reached");
    let message = format!("the service {name} does not answer now; send the call again later");
    let refusal = Refusal::new(Class::Unavailable, "SERVICE_UNAVAILABLE", message).with("service", name);
    Failure::from(refusal).into_status()
}
