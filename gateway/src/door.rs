//! The public port: gRPC, gRPC-Web and REST/JSON, told apart by their content type. The law: no call gets past here
//! without a caller, a role that the contract opens the method to, and a place within the limits; and nothing that
//! looks like our own headers comes in from outside.

use std::{sync::Arc, time::Instant};

use axum::body::Body as HttpBody;
use bytes::Bytes;
use chassis::{
    allow::Method,
    caller::{CALLER_HEADER, CallerSigner},
    failure::Failure,
    trace,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header};
use tokio::sync::OwnedSemaphorePermit;
use tonic::{Status, body::Body, metadata::MetadataMap, service::Routes};
use tonic_web::GrpcWebLayer;
use tower::{Layer, ServiceExt, service_fn};
use tracing::Instrument;

use crate::{
    forward::{Upstream, Upstreams},
    limits::Limits,
    measure::{Entrance, Measure},
    open_api,
    sign_in::SignIn,
    transcode::{self, Transcoder},
};

/// What everyone may ask: whether the gateway is well, and what the contracts are.
const OPEN: [&str; 2] = ["/grpc.health.", "/grpc.reflection."];

/// Only the gateway itself says these to a service.
const OURS: &str = "x-makegood-";

/// What belongs to the connection with the client and not to the call.
const HOP: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Everything that the door needs.
pub struct Door {
    /// REST/JSON.
    pub transcoder: Transcoder,
    /// The services behind it.
    pub upstreams: Upstreams,
    /// Who is calling.
    pub sign_in: Arc<SignIn>,
    /// Tells it to the services.
    pub signer: CallerSigner,
    /// How much at once.
    pub limits: Limits,
    /// What is measured.
    pub measure: Measure,
    /// Health and reflection, which are open to everyone.
    pub open: Routes,
    /// The contracts over REST, open to everyone too.
    pub open_api: Bytes,
}

/// A call that may go on.
struct Admitted {
    upstream: Upstream,
    /// The signed caller, and the trace.
    metadata: MetadataMap,
    /// Its place, until it is answered.
    permit: OwnedSemaphorePermit,
}

impl Door {
    /// The routes of the public port.
    pub fn routes(self) -> axum::Router {
        let door = Arc::new(self);
        axum::Router::new().fallback(move |request: Request<HttpBody>| door.answer(request))
    }

    async fn answer(self: Arc<Self>, request: Request<HttpBody>) -> Response<HttpBody> {
        let content_type =
            request.headers().get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        if content_type.starts_with(b"application/grpc-web") {
            let grpc = service_fn(move |request| self.clone().grpc(request));
            let answered = GrpcWebLayer::new().layer(grpc).oneshot(request).await;
            return answered.unwrap_or_else(|never| match never {}).map(HttpBody::new);
        }
        if content_type.starts_with(b"application/grpc") {
            let answered = self.grpc(request.map(Body::new)).await;
            return answered.unwrap_or_else(|never| match never {}).map(HttpBody::new);
        }
        self.rest(request).await
    }

    async fn grpc(
        self: Arc<Self>,
        request: Request<Body>,
    ) -> Result<Response<Body>, std::convert::Infallible> {
        let path = request.uri().path();
        if OPEN.iter().any(|open| path.starts_with(open)) {
            return self.open.clone().oneshot(request).await;
        }
        let Some(method) = Method::of(path) else {
            return Ok(Status::unimplemented(format!("there is no method {path}")).into_http());
        };
        let headers = request.headers().clone();
        let answered = self.measured(method, &headers, Entrance::Grpc, self.forwarded(method, request));
        Ok(answered.await)
    }

    async fn forwarded(&self, method: &'static Method, mut request: Request<Body>) -> Response<Body> {
        let Admitted { upstream, metadata, permit } = match self.admit(request.headers(), method).await {
            Ok(admitted) => admitted,
            Err(failure) => return failure.into_status().into_http(),
        };
        let headers = request.headers_mut();
        clean(headers);
        headers.extend(metadata.into_headers());
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        let answered = upstream.oneshot(request).await;
        drop(permit);
        answered.unwrap_or_else(|never| match never {})
    }

    async fn rest(self: Arc<Self>, request: Request<HttpBody>) -> Response<HttpBody> {
        if request.method() == http::Method::GET && request.uri().path() == open_api::PATH {
            return self.contracts();
        }
        let meant = match self.transcoder.find(request.method(), request.uri()) {
            Ok(meant) => meant,
            Err(response) => return *response,
        };
        let Some(method) = Method::of(&meant.path()) else {
            return transcode::refusal(&Status::unimplemented("the method is in no contract of the suite"));
        };
        let headers = request.headers().clone();
        let transcoded = async {
            match self.admit(request.headers(), method).await {
                Ok(Admitted { upstream, metadata, permit }) => {
                    let answered = self.transcoder.carry(meant, request, metadata, upstream).await;
                    drop(permit);
                    answered
                }
                Err(failure) => transcode::refusal(&failure.into_status()),
            }
        };
        self.measured(method, &headers, Entrance::Rest, transcoded).await
    }

    fn contracts(&self) -> Response<HttpBody> {
        let mut response = Response::new(HttpBody::from(self.open_api.clone()));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }

    /// Every refusal in its order: no place, no caller, too many calls, no role, no service.
    async fn admit(&self, headers: &HeaderMap, method: &'static Method) -> Result<Admitted, Failure> {
        let permit = self.limits.enter()?;
        let caller = self.sign_in.caller(headers).await?;
        self.limits.count(&caller.key, Instant::now())?;
        method.admit(&caller)?;
        let upstream = self.upstreams.of(method.path())?;
        let mut metadata = MetadataMap::new();
        trace::propagate(&mut metadata);
        let token = self.signer.sign(&caller, upstream.name())?;
        metadata.insert(CALLER_HEADER, token.parse().map_err(anyhow::Error::from)?);
        Ok(Admitted { upstream, metadata, permit })
    }

    async fn measured<B>(
        &self,
        method: &'static Method,
        headers: &HeaderMap,
        entrance: Entrance,
        answer: impl Future<Output = Response<B>>,
    ) -> Response<B> {
        let span = tracing::info_span!("door", method = method.path(), trace = tracing::field::Empty);
        let trace = trace::join(&span, headers);
        span.record("trace", &trace);
        let work = async {
            let started = Instant::now();
            let response = answer.await;
            let code = entrance.code(response.status(), response.headers());
            self.measure.answered(method.path(), entrance, code, started.elapsed());
            tracing::debug!(code, elapsed_us = started.elapsed().as_micros(), "answered a call");
            response
        };
        trace::within(trace.clone(), work.instrument(span)).await
    }
}

/// Takes out what is not the client's to say to a service, and what is said to the gateway alone.
fn clean(headers: &mut HeaderMap) {
    let ours: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with(OURS)).cloned().collect();
    for name in HOP.iter().chain(&ours) {
        headers.remove(name);
    }
}
