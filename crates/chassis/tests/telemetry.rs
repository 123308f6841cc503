//! What a process tells about itself; alone in its process, because it can be started only once there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;

use chassis::{
    caller::CallerVerifier,
    clock::Clock,
    configuration::Secret,
    stack::Stack,
    telemetry::{LogFormat, TelemetrySettings, start},
    trace,
};
use http::{Request, Response};
use tonic::{body::Body, metadata::MetadataMap};
use tower::{Layer, ServiceExt, service_fn};

const GET_CALLER: &str = "/billing.access.v1.ApiKeyService/GetCaller";

#[tokio::test]
async fn calls_are_counted_by_the_methods_of_the_contracts() {
    let settings = TelemetrySettings { log: LogFormat::Json, filter: "info".to_owned(), otlp_endpoint: None };
    let telemetry = start("test", &settings).unwrap();
    assert!(start("test", &settings).is_err());

    let verifier = CallerVerifier::new(&Secret::new("x".repeat(32)), "access", Clock::system()).unwrap();
    let handler = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let stack = Stack::new(verifier, Clock::system(), 1).layer(handler);
    let call = async |path: &str| {
        let request = Request::post(path).body(Body::empty()).unwrap();
        stack.clone().oneshot(request).await.unwrap().headers()["grpc-status"].clone()
    };
    assert_eq!(call(GET_CALLER).await, "16");
    assert_eq!(call("/made.up.Service/Method").await, "12");

    let metrics = telemetry.render().unwrap();
    let count = |name: &str| metrics.lines().filter(|line| line.starts_with(name)).collect::<Vec<_>>();
    let [calls] = count("rpc_server_calls_total{")[..] else { panic!("{metrics}") };
    assert!(
        calls.contains(GET_CALLER) && calls.contains("Unauthenticated") && calls.ends_with(" 1"),
        "{calls}"
    );
    assert_eq!(count("rpc_server_duration_seconds_count{").len(), 1, "{metrics}");

    let mut outgoing = MetadataMap::new();
    let span = tracing::info_span!("work");
    span.in_scope(|| trace::propagate(&mut outgoing));
    assert_eq!(outgoing.get("traceparent").unwrap().len(), 55);
    telemetry.stop();
}
