//! A stream of answers: a line of JSON each, or an event each where the client accepts server-sent events.
//! What goes wrong once the stream has begun is its last line, `{"error": …}`, or its last event, `error`.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures::{Stream, future::BoxFuture};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use prost_reflect::DynamicMessage;
use serde_json::json;
use tonic::{Status, Streaming};

use super::{response, table::Binding};

/// After how long without an event a comment is sent, so that nothing on the way takes the stream for dead.
const QUIET_MAX: Duration = Duration::from_secs(15);

/// How messages are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// One JSON document a line.
    Lines,
    /// Server-sent events.
    Events,
}

impl Framing {
    /// What the client accepts.
    pub fn accepted(headers: &HeaderMap) -> Self {
        let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let wants_events = accept.flat_map(|value| value.split(',')).any(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
        });
        if wants_events { Self::Events } else { Self::Lines }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Lines => "application/x-ndjson",
            Self::Events => "text/event-stream",
        })
    }

    fn message(self, json: &[u8]) -> Bytes {
        match self {
            Self::Lines => [json, b"\n"].concat(),
            Self::Events => [b"data: ", json, b"\n\n"].concat(),
        }
        .into()
    }

    fn error(self, status: &Status) -> Bytes {
        let error = json!({ "error": response::error(status) });
        match self {
            Self::Lines => format!("{error}\n"),
            Self::Events => format!("event: error\ndata: {error}\n\n"),
        }
        .into()
    }
}

/// The response that carries the stream. `broken` tells that the client's own stream could not be read any further.
pub fn answer(
    binding: Arc<Binding>,
    framing: Framing,
    messages: Streaming<DynamicMessage>,
    broken: BoxFuture<'static, Status>,
) -> Response<Body> {
    let body = Body::from_stream(chunks(binding, framing, messages, broken));
    response::respond(StatusCode::OK, framing.content_type(), body)
}

fn chunks(
    binding: Arc<Binding>,
    framing: Framing,
    mut messages: Streaming<DynamicMessage>,
    mut broken: BoxFuture<'static, Status>,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    async_stream::stream! {
        loop {
            let next = tokio::select! {
                next = messages.message() => next,
                status = &mut broken => Err(status),
                () = tokio::time::sleep(QUIET_MAX), if framing == Framing::Events => {
                    yield Ok(Bytes::from_static(b": still here\n\n"));
                    continue;
                }
            };
            let written = next.and_then(|message| {
                message.map(|message| response::document(&binding, &message)).transpose()
            });
            match written {
                Ok(Some(json)) => yield Ok(framing.message(&json)),
                Ok(None) => break,
                Err(status) => {
                    yield Ok(framing.error(&status));
                    break;
                }
            }
        }
    }
}
