//! One trace id follows a call through every service (W3C Trace Context), into its log lines, its events and the
//! message of an internal error. It exists whether or not traces are exported.

use std::future::Future;

use http::HeaderMap;
use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator},
    trace::{SpanContext, TraceContextExt},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::metadata::{MetadataKey, MetadataMap};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use uuid::Uuid;

tokio::task_local! {
    static TRACE: String;
}

/// The trace id of the call that this code runs for: 32 hexadecimal digits.
pub fn current() -> Option<String> {
    TRACE.try_with(String::clone).ok()
}

/// Lets a call to another service continue the current trace.
pub fn propagate(metadata: &mut MetadataMap) {
    let context = Span::current().context();
    if context.span().span_context().is_valid() {
        TraceContextPropagator::new().inject_context(&context, &mut Outgoing(metadata));
    } else if let Some(trace) = current() {
        let parent = format!("00-{trace}-{}-01", &Uuid::now_v7().simple().to_string()[16..]);
        Outgoing(metadata).set("traceparent", parent);
    }
}

/// Makes `span` a part of the trace that the request belongs to, and answers the trace id.
pub fn join(span: &Span, headers: &HeaderMap) -> String {
    let remote = TraceContextPropagator::new().extract_with_context(&Context::new(), &Incoming(headers));
    let theirs = remote.span().span_context().clone();
    if theirs.is_valid() {
        // Fails only where no traces are exported; then the id alone is carried on.
        let _ = span.set_parent(remote);
    }
    let ours = span.context().span().span_context().clone();
    [ours, theirs].iter().find(|context| context.is_valid()).map_or_else(fresh, id)
}

/// Runs a call under its trace id.
pub async fn within<F: Future>(trace: String, call: F) -> F::Output {
    TRACE.scope(trace, call).await
}

fn id(context: &SpanContext) -> String {
    context.trace_id().to_string()
}

fn fresh() -> String {
    Uuid::now_v7().simple().to_string()
}

struct Incoming<'a>(&'a HeaderMap);

impl Extractor for Incoming<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

struct Outgoing<'a>(&'a mut MetadataMap);

impl Injector for Outgoing<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(key), Ok(value)) = (MetadataKey::from_bytes(key.as_bytes()), value.parse()) {
            self.0.insert(key, value);
        }
    }
}
