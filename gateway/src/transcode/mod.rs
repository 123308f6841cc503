//! REST/JSON by the contracts' `google.api.http` options. The law: whatever a client can say here, it can say over gRPC,
//! and it is answered by the same method, refused for the same reasons.

mod codec;
mod lines;
mod parameter;
mod request;
mod response;
mod stream;
pub mod table;
mod template;

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use chassis::{attachment::CONTENT_DISPOSITION, failure::Failure};
use futures::{Stream, future::BoxFuture};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use prost_reflect::{DynamicMessage, MethodDescriptor};
use refusal::{Class, FieldViolation, Refusal};
use tokio::sync::oneshot;
use tonic::{Status, client::Grpc, codec::Streaming, metadata::MetadataMap};

use crate::forward::Upstream;
use codec::DynamicCodec;
use lines::Lines;
use request::Parts;
use stream::Framing;
use table::{Binding, Found, Table};
use template::Captured;

pub use response::refusal;
pub use table::TableError;

/// How long a call may take, in seconds (`30`, `0.5`) or with a unit (`500ms`).
const TIMEOUT_HEADER: &str = "x-request-timeout";

/// What no clock and no header overflows at.
const TIMEOUT_MAX: Duration = Duration::from_hours(24);

/// The REST form of the contracts.
#[derive(Debug)]
pub struct Transcoder {
    table: Table,
    body_max_bytes: usize,
}

/// A REST request that was found to mean a method.
#[derive(Debug)]
pub struct Meant {
    binding: Arc<Binding>,
    captured: Result<Vec<Captured>, Refusal>,
}

impl Meant {
    /// The request path of the gRPC method.
    pub fn path(&self) -> String {
        path(&self.binding.method)
    }
}

impl Transcoder {
    /// The REST form of everything in the pool. Neither a body nor a line of one is longer than `body_max_bytes`.
    pub fn new(pool: &prost_reflect::DescriptorPool, body_max_bytes: usize) -> Result<Self, TableError> {
        Ok(Self { table: Table::compile(pool)?, body_max_bytes })
    }

    /// Every REST form of every method.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The method that the request means, or the response that says why it means none.
    pub fn find(&self, verb: &Method, uri: &Uri) -> Result<Meant, Box<Response<Body>>> {
        match self.table.find(verb, uri.path()) {
            Found::Binding(binding, captured) => Ok(Meant { binding, captured }),
            Found::OtherVerbs(verbs) => Err(Box::new(other_verbs(verb, &verbs))),
            Found::Nothing => {
                let message = format!("there is nothing at {}; see the contracts for the paths", uri.path());
                let refusal = Refusal::new(Class::Missing, "NO_SUCH_PATH", message).with("path", uri.path());
                Err(Box::new(response::refusal(&Failure::from(refusal).into_status())))
            }
        }
    }

    /// Carries a call to its service and the answer back. `metadata` goes along with the call.
    pub async fn carry(
        &self,
        meant: Meant,
        request: http::Request<Body>,
        metadata: MetadataMap,
        upstream: Upstream,
    ) -> Response<Body> {
        let carried = self.carried(meant, request, metadata, upstream).await;
        carried.unwrap_or_else(|failure| match failure {
            Failed::TooLarge(refusal) => {
                let mut response = response::refusal(&Failure::from(refusal).into_status());
                *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
                response
            }
            Failed::Refused(refusal) => response::refusal(&Failure::from(refusal).into_status()),
            Failed::Answered(status) => response::refusal(&status),
        })
    }

    async fn carried(
        &self,
        meant: Meant,
        request: http::Request<Body>,
        metadata: MetadataMap,
        upstream: Upstream,
    ) -> Result<Response<Body>, Failed> {
        let binding = meant.binding;
        let (head, body) = request.into_parts();
        let parts = Parts::read(&binding, meant.captured?, head.uri.query())?;
        if head.headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(malformed("Content-Encoding", "is not taken; send the body as it is").into());
        }
        let timeout = timeout(&head.headers)?;
        let (broken, told) = oneshot::channel();
        let mut broken_off: BoxFuture<'static, Status> = Box::pin(async {
            match told.await {
                Ok(status) => status,
                Err(_) => std::future::pending().await,
            }
        });
        let messages = if binding.method.is_client_streaming() {
            futures::future::Either::Left(messages(parts, Lines::new(body, self.body_max_bytes), broken))
        } else {
            let message = parts.message("body", &self.whole(body).await?)?;
            drop(broken);
            futures::future::Either::Right(futures::stream::iter([message]))
        };
        let mut call = tonic::Request::from_parts(metadata, http::Extensions::new(), messages);
        if let Some(timeout) = timeout {
            call.set_timeout(timeout);
        }
        let exchange = exchange(&binding.method, call, upstream);
        if binding.method.is_server_streaming() {
            let answers = unless_broken(exchange, &mut broken_off).await?.into_inner();
            return Ok(stream::answer(binding, Framing::accepted(&head.headers), answers, broken_off));
        }
        let single = async {
            let answered = exchange.await?;
            let saved_as = answered.metadata().get(CONTENT_DISPOSITION).cloned();
            Ok::<_, Status>((only(answered.into_inner()).await?, saved_as))
        };
        let (message, saved_as) = unless_broken(single, &mut broken_off).await?;
        let mut answered = response::answer(&binding, &message)?;
        if let Some(saved_as) = saved_as.and_then(|name| HeaderValue::try_from(name.to_str().ok()?).ok()) {
            answered.headers_mut().insert(header::CONTENT_DISPOSITION, saved_as);
        }
        Ok(answered)
    }

    async fn whole(&self, body: Body) -> Result<bytes::Bytes, Failed> {
        match Limited::new(body, self.body_max_bytes).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                let message =
                    format!("the body is longer than {} bytes; send less at once", self.body_max_bytes);
                Err(Failed::TooLarge(Refusal::new(Class::Exhausted, "REQUEST_TOO_LARGE", message)))
            }
            Err(error) => Err(malformed("body", &format!("could not be read to its end: {error}")).into()),
        }
    }
}

/// Why there is no answer.
enum Failed {
    Refused(Refusal),
    TooLarge(Refusal),
    Answered(Status),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Status> for Failed {
    fn from(status: Status) -> Self {
        Self::Answered(status)
    }
}

/// The messages of a client's stream. After a line that is wrong the stream says so to `broken` and never ends: an end
/// would tell the service that all was said, and it would keep half a batch.
fn messages(
    parts: Parts,
    mut lines: Lines,
    broken: oneshot::Sender<Status>,
) -> impl Stream<Item = DynamicMessage> + Send + 'static {
    async_stream::stream! {
        let refusal = loop {
            let line = match lines.next().await {
                Ok(Some(line)) => line,
                Ok(None) => return,
                Err(refusal) => break refusal,
            };
            match parts.message(&line.place(), &line.bytes) {
                Ok(message) => yield message,
                Err(refusal) => break refusal,
            }
        };
        // Where nobody listens any more the answer is there already.
        let _ = broken.send(Failure::from(refusal).into_status());
        std::future::pending::<()>().await;
    }
}

async fn exchange(
    method: &MethodDescriptor,
    call: tonic::Request<impl Stream<Item = DynamicMessage> + Send + 'static>,
    upstream: Upstream,
) -> Result<tonic::Response<Streaming<DynamicMessage>>, Status> {
    let path = path(method).parse().map_err(|_| Status::internal("the contract's method has no path"))?;
    let codec = DynamicCodec { output: method.output() };
    // What a service may answer is limited by the service.
    let mut client = Grpc::new(upstream).max_decoding_message_size(usize::MAX);
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    client.streaming(call, path, codec).await
}

fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

async fn only(mut answers: Streaming<DynamicMessage>) -> Result<DynamicMessage, Status> {
    let message = answers.message().await?;
    let message = message.ok_or_else(|| Status::internal("the service answered nothing"))?;
    // The status of the call comes after its message.
    answers.trailers().await?;
    Ok(message)
}

/// The outcome, unless the client's stream breaks before: then the call is dropped, which cancels it at the service.
async fn unless_broken<T>(
    outcome: impl Future<Output = Result<T, Status>>,
    broken: &mut BoxFuture<'static, Status>,
) -> Result<T, Status> {
    tokio::select! {
        biased;
        status = broken => Err(status),
        outcome = outcome => outcome,
    }
}

fn other_verbs(verb: &Method, verbs: &[Method]) -> Response<Body> {
    let names = verbs.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let message = format!("{verb} is not possible here; possible: {names}");
    let refusal = Refusal::new(Class::Missing, "NO_SUCH_METHOD", message).with("method", verb.as_str());
    let mut response = response::refusal(&Failure::from(refusal).into_status());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    if let Ok(names) = HeaderValue::try_from(names) {
        response.headers_mut().insert(header::ALLOW, names);
    }
    response
}

/// The time that the client gives the call. A `grpc-timeout` goes along as it is.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Refusal> {
    let Some(value) = headers.get(TIMEOUT_HEADER) else { return Ok(chassis::stack::timeout(headers)) };
    let text = value.to_str().unwrap_or_default();
    let seconds = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let span = if seconds { format!("{text}s") } else { text.to_owned() };
    let parsed = span.parse().ok().and_then(|span: jiff::SignedDuration| Duration::try_from(span).ok());
    let parsed = parsed.map(|timeout| timeout.min(TIMEOUT_MAX));
    let wrong = || malformed("X-Request-Timeout", &format!("is {text}, not seconds such as 30 or 0.5"));
    parsed.map(Some).ok_or_else(wrong)
}

fn malformed(field: &str, description: &str) -> Refusal {
    Refusal::malformed(vec![FieldViolation { field: field.to_owned(), description: description.to_owned() }])
}
