//! The port for whoever looks after the process: is it alive, may it be sent calls, what does it measure.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, routing::get};
use chassis::telemetry::Telemetry;
use http::{HeaderValue, Response, StatusCode};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::access;

/// How long the database may take to answer a probe.
const PROBE_MAX: Duration = Duration::from_secs(2);

/// `/healthz`, `/readyz` and `/metrics`.
pub fn routes(pool: PgPool, ending: CancellationToken, telemetry: Option<Arc<Telemetry>>) -> Router {
    Router::new()
        .route("/healthz", get(async || text(StatusCode::OK, "alive\n")))
        .route("/readyz", get(async move || ready(&pool, &ending).await))
        .route("/metrics", get(async move || metrics(telemetry.as_deref())))
}

/// Services that are away do not count: the gateway says so plainly to each call, and the others are well.
async fn ready(pool: &PgPool, ending: &CancellationToken) -> Response<Body> {
    if ending.is_cancelled() {
        return text(StatusCode::SERVICE_UNAVAILABLE, "ending\n");
    }
    match tokio::time::timeout(PROBE_MAX, access::answers(pool)).await {
        Ok(true) => text(StatusCode::OK, "ready\n"),
        Ok(false) | Err(_) => text(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

fn metrics(telemetry: Option<&Telemetry>) -> Response<Body> {
    match telemetry.map(Telemetry::render) {
        Some(Ok(metrics)) => text(StatusCode::OK, metrics),
        Some(Err(error)) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        None => text(StatusCode::NOT_FOUND, "this process measures nothing\n"),
    }
}

fn text(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, content_type);
    response
}
