//! What every call goes through before a handler sees it: trace, shedding, caller, roles, deadline; and after it, the
//! metrics. Health and reflection are open to everyone.

use std::{
    convert::Infallible,
    future::Future,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use anyhow::anyhow;
use futures::{FutureExt, future::Either};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use refusal::{Class, Refusal};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::Instrument;

use crate::{
    allow::Method,
    call::Call,
    caller::{CALLER_HEADER, CallerVerifier, unknown_caller},
    clock::Clock,
    failure::Failure,
    telemetry::CallMetrics,
    trace,
};

/// The largest message that a service takes, in bytes: set it on each server with `max_decoding_message_size`.
pub const MESSAGE_MAX_BYTES: usize = 16 * 1024 * 1024;

const OPEN: [&str; 2] = ["/grpc.health.", "/grpc.reflection."];

/// The layer around every handler of a service.
#[derive(Clone)]
pub struct Stack(Arc<Shared>);

struct Shared {
    verifier: CallerVerifier,
    clock: Clock,
    permits: Arc<Semaphore>,
    metrics: CallMetrics,
}

impl Stack {
    /// A stack that lets `concurrency_max` calls work at once and sheds what comes on top. A stream counts until its
    /// first answer. Start telemetry before: a stack that is older than the exporter is measured by nobody.
    pub fn new(verifier: CallerVerifier, clock: Clock, concurrency_max: usize) -> Self {
        let permits = Arc::new(Semaphore::new(concurrency_max));
        Self(Arc::new(Shared { verifier, clock, permits, metrics: CallMetrics::new() }))
    }
}

impl<S> Layer<S> for Stack {
    type Service = Stacked<S>;

    fn layer(&self, inner: S) -> Stacked<S> {
        Stacked { shared: self.0.clone(), inner }
    }
}

/// A service inside the stack.
#[derive(Clone)]
pub struct Stacked<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S> Service<Request<Body>> for Stacked<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let request = request.map(|body| Body::new(body.map_err(broken_off)));
        // The one that was ready serves; its clone waits for the next call.
        let fresh = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, fresh);
        // Begins here, before the clock that tonic starts around us and that would answer CANCELLED.
        let deadline = timeout(request.headers()).map(sleep);
        Box::pin(carry(self.shared.clone(), ready, request, deadline))
    }
}

/// tonic takes a stream that the client cancelled for one that has ended, and a handler would keep half a batch as the
/// whole. Under another code it is the error that it is.
fn broken_off(error: Status) -> Status {
    match error.code() {
        Code::Cancelled => Status::aborted("the client broke off"),
        _ => error,
    }
}

async fn carry<S, B>(
    shared: Arc<Shared>,
    mut inner: S,
    request: Request<B>,
    deadline: Option<Sleep>,
) -> Result<Response<Body>, Infallible>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
{
    let path = request.uri().path();
    if OPEN.iter().any(|open| path.starts_with(open)) {
        return inner.call(request).await;
    }
    let Some(method) = Method::of(path) else {
        return Ok(Status::unimplemented(format!("there is no method {path}")).into_http());
    };
    let span = tracing::info_span!("call", method = method.path(), trace = tracing::field::Empty);
    let trace = trace::join(&span, request.headers());
    span.record("trace", &trace);
    let work = async {
        let started = Instant::now();
        let answer = work(&shared, inner, request, (method, &trace), deadline).await;
        let code = Code::from_i32(status(answer.headers()));
        shared.metrics.answered(method.path(), code, started.elapsed());
        tracing::debug!(?code, elapsed_us = started.elapsed().as_micros(), "answered a call");
        Ok(answer)
    };
    trace::within(trace.clone(), work.instrument(span)).await
}

async fn work<S, B>(
    shared: &Shared,
    mut inner: S,
    mut request: Request<B>,
    (method, trace): (&'static Method, &str),
    deadline: Option<Sleep>,
) -> Response<Body>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
{
    let admitted =
        shared.permit().and_then(|permit| Ok((permit, shared.call(request.headers(), method, trace)?)));
    let (_permit, call) = match admitted {
        Ok(admitted) => admitted,
        Err(refusal) => return Failure::from(refusal).into_status().into_http(),
    };
    request.extensions_mut().insert(call);
    let handler = pin!(AssertUnwindSafe(inner.call(request)).catch_unwind());
    let deadline = pin!(async move {
        match deadline {
            Some(deadline) => deadline.await,
            None => std::future::pending().await,
        }
    });
    match futures::future::select(handler, deadline).await {
        Either::Left((Ok(Ok(answer)), _)) => answer,
        Either::Left((Err(_panic), _)) => {
            Failure::Fault(anyhow!("the handler panicked")).into_status().into_http()
        }
        Either::Right(((), _)) => Status::deadline_exceeded("the deadline of the call passed").into_http(),
    }
}

impl Shared {
    fn permit(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        self.permits.clone().try_acquire_owned().map_err(|_| {
            Refusal::new(
                Class::Exhausted,
                "OVERLOADED",
                "the service has all the work it can do; try again later",
            )
        })
    }

    fn call(&self, headers: &HeaderMap, method: &'static Method, trace: &str) -> Result<Call, Refusal> {
        let token =
            headers.get(CALLER_HEADER).and_then(|value| value.to_str().ok()).ok_or_else(unknown_caller)?;
        let caller = self.verifier.verify(token)?;
        let scope = method.admit(&caller)?;
        Ok(Call { caller, scope, method: method.path(), at: self.clock.now(), trace: trace.to_owned() })
    }
}

/// The gRPC code in the headers of an answer; without one the call went well, or is a stream that began well.
fn status(headers: &HeaderMap) -> i32 {
    let code = headers.get(Status::GRPC_STATUS).and_then(|value| value.to_str().ok());
    code.map_or(0, |code| code.parse().unwrap_or(2))
}

/// `grpc-timeout` as the gRPC protocol over HTTP/2 writes it: up to eight digits and a unit.
pub fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}
