//! gRPC through the door.

use std::{convert::Infallible, sync::atomic::Ordering, time::Duration};

use billing_proto::billing::{
    access::v1::Role,
    event::v1::StreamEventsRequest,
    invoicing::v1::{
        account_service_client::AccountServiceClient, delivery_service_client::DeliveryServiceClient,
        event_service_client::EventServiceClient, *,
    },
};
use bytes::{BufMut, Bytes, BytesMut};
use futures::{StreamExt, stream};
use gateway::LimitSettings;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use prost::Message;
use tonic::{Code, body::Body};
use tonic_types::StatusExt;
use tower::ServiceExt;

use crate::house::{Choices, House, eventually};

fn airing() -> ImportAiringsRequest {
    ImportAiringsRequest { part: Some(import_airings_request::Part::Airing(Airing::default())) }
}

#[tokio::test]
async fn calls_of_all_kinds_go_through() {
    let house = House::new().await;
    let client = house.client().await;
    let mut accounts = AccountServiceClient::new(client.channel());
    let account = accounts.get_account(client.request(GetAccountRequest { name: "accounts/a".into() })).await;
    assert_eq!(account.unwrap().into_inner().code, "ada");

    let mut delivery = DeliveryServiceClient::new(client.channel());
    let batch = delivery.import_airings(client.request(stream::iter(vec![airing(); 1000]))).await;
    assert_eq!(batch.unwrap().into_inner().rows_loaded, 1000);

    let mut events = EventServiceClient::new(client.channel());
    let message =
        StreamEventsRequest { type_prefixes: vec!["fail".into()], ..StreamEventsRequest::default() };
    let mut stream = events.stream_events(client.request(message)).await.unwrap().into_inner();
    for position in 1..=3 {
        assert_eq!(stream.message().await.unwrap().unwrap().position, position);
    }
    let end = stream.message().await.unwrap_err();
    assert_eq!((end.code(), end.message()), (Code::Unavailable, "the feed broke off"));
}

/// A frame of gRPC.
fn frame(text: &str) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(text.len()).unwrap());
    frame.put_slice(text.as_bytes());
    frame.freeze()
}

#[tokio::test]
async fn both_sides_may_stream_at_once_and_no_frame_is_decoded() {
    // Sends back what it hears, and its trailers; none of it is a message.
    let echo = axum::Router::new().fallback(async |request: Request<axum::body::Body>| {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("grpc-status", "10".parse().unwrap());
        trailers.insert("x-told", "at the end".parse().unwrap());
        let frames = request.into_body().into_data_stream().map(|data| data.map(http_body::Frame::data));
        let body =
            StreamBody::new(frames.chain(stream::once(async { Ok(http_body::Frame::trailers(trailers)) })));
        http::Response::builder()
            .header("content-type", "application/grpc")
            .body(axum::body::Body::new(body))
            .unwrap()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = Some(listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, echo).await });
    let house = House::with(Choices { upstream, ..Choices::default() }).await;
    let client = house.client().await;

    let (say, frames) = futures::channel::mpsc::unbounded::<Result<http_body::Frame<Bytes>, Infallible>>();
    let mut request = Request::post("/billing.invoicing.v1.DeliveryService/ImportAirings")
        .header("content-type", "application/grpc")
        .body(Body::new(StreamBody::new(frames)))
        .unwrap();
    request.headers_mut().extend(client.request(()).into_parts().0.into_headers());
    let mut response = client.channel().oneshot(request).await.unwrap();
    for word in ["not", "a", "message"] {
        say.unbounded_send(Ok(http_body::Frame::data(frame(word)))).unwrap();
        let heard = response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(heard, frame(word));
    }
    drop(say);
    let trailers = response.body_mut().frame().await.unwrap().unwrap().into_trailers().unwrap();
    assert_eq!(
        (trailers["grpc-status"].as_bytes(), trailers["x-told"].as_bytes()),
        (&b"10"[..], &b"at the end"[..])
    );
}

/// A message in a frame of its own, as a client sends it that writes row by row.
fn row(message: &ImportAiringsRequest) -> Result<http_body::Frame<Bytes>, Infallible> {
    let bytes = message.encode_to_vec();
    let mut row = BytesMut::new();
    row.put_u8(0);
    row.put_u32(u32::try_from(bytes.len()).unwrap());
    row.put_slice(&bytes);
    Ok(http_body::Frame::data(row.freeze()))
}

#[tokio::test]
async fn many_small_rows_may_wait_for_a_slow_service_and_disturb_nobody() {
    const ROWS: i64 = 50_000;
    let house = House::new().await;
    let client = house.client().await;
    // The service rests after the header; whatever comes meanwhile has to wait somewhere.
    let header = AiringBatchHeader { source: "rest".into(), ..AiringBatchHeader::default() };
    let header = ImportAiringsRequest { part: Some(import_airings_request::Part::Header(header)) };
    let rows = (1..ROWS).map(|_| row(&airing()));
    let frames: Vec<_> = std::iter::once(row(&header)).chain(rows).collect();
    let mut request = Request::post("/billing.invoicing.v1.DeliveryService/ImportAirings")
        .header("content-type", "application/grpc")
        .body(Body::new(StreamBody::new(stream::iter(frames))))
        .unwrap();
    request.headers_mut().extend(client.request(()).into_parts().0.into_headers());
    let channel = client.channel();
    let import = tokio::spawn(channel.clone().oneshot(request));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut accounts = AccountServiceClient::new(channel);
    let bystander =
        accounts.get_account(client.request(GetAccountRequest { name: "accounts/a".into() })).await;
    assert_eq!(bystander.unwrap().into_inner().code, "ada");
    assert!(!import.is_finished(), "the service did not rest");
    let answer = import.await.unwrap().unwrap().into_body().collect().await.unwrap();
    assert_eq!(answer.trailers().map(|trailers| trailers["grpc-status"].as_bytes()), Some(&b"0"[..]));
    assert_eq!(house.canned.heard.load(Ordering::SeqCst), ROWS);
}

#[tokio::test]
async fn nobody_outside_says_who_they_are() {
    let house = House::new().await;
    let client = house.client().await;
    let mut accounts = AccountServiceClient::new(client.channel());
    let mut request = client.request(GetAccountRequest { name: "accounts/a".into() });
    for name in ["x-makegood-caller", "x-makegood-anything", "x-other"] {
        request.metadata_mut().insert(name, "forged".parse().unwrap());
    }
    let account = accounts.get_account(request).await.unwrap().into_inner();
    assert_eq!(account.code, "ada");
    assert!(account.legal_name.contains("x-other"), "{}", account.legal_name);
    assert!(account.legal_name.contains("traceparent"), "{}", account.legal_name);
    for name in ["x-makegood-anything", "authorization"] {
        assert!(!account.legal_name.contains(name), "{}", account.legal_name);
    }
    let rest = client.send(http::Method::GET, "/v1/accounts/a", &[("x-makegood-caller", "forged")], "").await;
    assert_eq!(rest.json()["code"], "ada");
}

#[tokio::test]
async fn refusals_carry_their_reasons() {
    let house = House::new().await;
    let client = house.client_in(&[Role::Sales]).await;
    let mut accounts = AccountServiceClient::new(client.channel());
    let refused = accounts.create_account(client.request(CreateAccountRequest::default())).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(refused.get_details_error_info().unwrap().reason, "ROLE_MISSING");
    let unknown = accounts.create_account(CreateAccountRequest::default()).await.unwrap_err();
    assert_eq!(unknown.code(), Code::Unauthenticated);
    let missing =
        accounts.get_account(client.request(GetAccountRequest { name: "accounts/missing".into() })).await;
    assert_eq!(missing.unwrap_err().get_details_error_info().unwrap().metadata["name"], "accounts/missing");
}

#[tokio::test]
async fn a_deadline_holds_for_unary_calls_and_for_streams() {
    let house = House::new().await;
    let client = house.client().await;
    let mut accounts = AccountServiceClient::new(client.channel());
    let mut slow = client.request(GetAccountRequest { name: "accounts/slow".into() });
    // By hand: a timeout set on the request would end the call at the client itself.
    slow.metadata_mut().insert("grpc-timeout", "200m".parse().unwrap());
    let code = accounts.get_account(slow).await.unwrap_err().code();
    assert!(matches!(code, Code::DeadlineExceeded | Code::Cancelled), "{code:?}");

    let answer =
        client.send(http::Method::GET, "/v1/invoicing/events", &[("x-request-timeout", "0.3")], "").await;
    assert_eq!(answer.lines().last().unwrap()["error"]["code"], 4);
    eventually("the service's stream is dropped", || house.canned.left.load(Ordering::SeqCst)).await;
}

#[tokio::test]
async fn a_service_that_is_away_is_named_and_found_again() {
    let port = testkit::free_port().unwrap();
    let upstream = Some(([127, 0, 0, 1], port).into());
    let house = House::with(Choices { upstream, ..Choices::default() }).await;
    let client = house.client().await;
    let away = client.get("/v1/accounts").await;
    assert_eq!(
        (away.status, away.reason()),
        (StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE".to_owned())
    );
    let mut accounts = AccountServiceClient::new(client.channel());
    let status = accounts.list_accounts(client.request(ListAccountsRequest::default())).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.get_details_error_info().unwrap().metadata["service"], "invoicing");

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(async move {
        let empty = axum::Router::new()
            .fallback(async || tonic::Status::unimplemented("here again").into_http::<axum::body::Body>());
        axum::serve(listener, empty).await
    });
    assert_eq!(client.get("/v1/accounts").await.json()["message"], "here again");
}

#[tokio::test]
async fn what_is_too_much_is_shed() {
    let limits = LimitSettings { concurrency_max: 1, calls_per_second: 1000, burst: 1000 };
    let house = House::with(Choices { limits, ..Choices::default() }).await;
    let client = house.client().await;
    let slow = client.clone();
    let working = tokio::spawn(async move { slow.get("/v1/accounts/slow").await.status });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let shed = client.get("/v1/accounts").await;
    assert_eq!((shed.status, shed.reason()), (StatusCode::TOO_MANY_REQUESTS, "OVERLOADED".to_owned()));
    working.abort();
    let _ = working.await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(client.get("/v1/accounts").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_key_that_calls_too_often_is_told_when_to_call_again() {
    let limits = LimitSettings { concurrency_max: 100, calls_per_second: 1, burst: 2 };
    let house = House::with(Choices { limits, ..Choices::default() }).await;
    let client = house.client().await;
    for status in [StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(client.get("/v1/accounts").await.status, status);
    }
    let other = house.client_in(&[Role::Auditor]).await;
    assert_eq!(other.get("/v1/accounts").await.status, StatusCode::OK);
}
