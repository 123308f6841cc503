//! REST calls with streams.

use std::{sync::atomic::Ordering, time::Duration};

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        Airing, ImportAiringsRequest, delivery_service_client::DeliveryServiceClient, import_airings_request,
    },
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{Method, StatusCode};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::{
    client::Client,
    house::{Choices, House, eventually},
};

const IMPORT: &str = "/v1/airings:import";

fn airing(spot: &str) -> String {
    format!("{}\n", json!({ "airing": { "spot": spot } }))
}

#[tokio::test]
async fn a_clients_stream_is_one_message_a_line() {
    let house = House::new().await;
    let client = house.client().await;
    let body =
        format!("{{\"header\": {{\"source\": \"s\"}}}}\r\n\n{}{}", airing("1"), airing("2").trim_end());
    let answer = client.post(IMPORT, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.bytes);
    assert_eq!(answer.json()["rowsLoaded"], "3");
    let nothing = client.post(IMPORT, "").await;
    assert_eq!(nothing.json()["rowsLoaded"], "0");
}

#[tokio::test]
async fn a_wrong_line_is_named_and_aborts_the_import() {
    let house = House::new().await;
    let client = house.client().await;
    let long = format!("{{\"csv\": \"{}\"}}\n", "A".repeat(17 << 20));
    for (line, expected) in [
        ("{\"airing\": {\"spot\": 7}}\n", "line 4: airing.spot: invalid type: integer `7`"),
        ("{\"airing\": {\"pot\": \"7\"}}\n", "line 4: airing: unrecognized field name 'pot' at column 17"),
        ("nonsense\n", "line 4: "),
        ("{\"airing\": {\"spot\": \"\\u0000\"}}\n", "line 4: airing.spot holds a NUL character"),
        ("{\"airing\": {}, \"csv\": \"\"}\n", "line 4: "),
        (&long, "line 4: is longer than 16777216 bytes"),
        (long.trim_end(), "line 4: is longer than 16777216 bytes"),
    ] {
        let body = format!("{}\n{}{line}{}", airing("1"), airing("2"), airing("3"));
        let answer = client.post(IMPORT, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{:?}", answer.bytes);
        let violations = answer.violations().join("; ");
        assert!(violations.starts_with(expected), "{violations} lacks {expected}");
        eventually("the import is aborted", || house.canned.aborted.load(Ordering::SeqCst)).await;
        assert!(house.canned.heard.load(Ordering::SeqCst) <= 2);
        house.canned.aborted.store(false, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_aborted_and_not_ended() {
    let house = House::new().await;
    let token = house.token("ada", &[Role::OrderManagement]).await;
    let chunk = format!("{:x}\r\n{}\r\n", airing("1").len(), airing("1"));
    // Between two chunks, inside one, and before the length that was promised.
    for (header, body) in [
        ("Transfer-Encoding: chunked", chunk.clone()),
        ("Transfer-Encoding: chunked", format!("{chunk}ff\r\n{{")),
        ("Content-Length: 1000", airing("1")),
    ] {
        house.canned.heard.store(0, Ordering::SeqCst);
        let mut connection = tokio::net::TcpStream::connect(house.gateway.address()).await.unwrap();
        let head =
            format!("POST {IMPORT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{header}\r\n\r\n");
        connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        eventually("a message is heard", || house.canned.heard.load(Ordering::SeqCst) == 1).await;
        drop(connection);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(house.canned.aborted.load(Ordering::SeqCst), "the service took half a batch for a whole one");
    }
}

#[tokio::test]
async fn an_upload_that_is_cancelled_over_grpc_is_aborted_and_not_ended() {
    let house = House::new().await;
    let client = house.client().await;
    let mut delivery = DeliveryServiceClient::new(client.channel());
    let airing = ImportAiringsRequest { part: Some(import_airings_request::Part::Airing(Airing::default())) };
    let messages = stream::iter([airing]).chain(stream::pending());
    let request = client.request(messages);
    let call = tokio::spawn(async move { delivery.import_airings(request).await });
    eventually("a message is heard", || house.canned.heard.load(Ordering::SeqCst) == 1).await;
    call.abort();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(house.canned.aborted.load(Ordering::SeqCst), "the service took half a batch for a whole one");
}

#[tokio::test]
async fn messages_reach_the_service_while_the_upload_goes_on() {
    let house = House::new().await;
    let client = house.client().await;
    let (say, lines) = futures::channel::mpsc::unbounded();
    let call = tokio::spawn(async move {
        let (status, _, body) = client.open(Method::POST, IMPORT, &[], lines).await;
        (status, body.map(|part| part.unwrap()).collect::<Vec<Bytes>>().await.concat())
    });
    for (count, line) in [(1, airing("1")), (2, airing("2"))] {
        let (first, second) = line.split_at(5);
        say.unbounded_send(Ok(Bytes::from(first.to_owned()))).unwrap();
        say.unbounded_send(Ok(Bytes::from(second.to_owned()))).unwrap();
        eventually("a message is heard", || house.canned.heard.load(Ordering::SeqCst) == count).await;
    }
    // The service may answer before the upload ends.
    say.unbounded_send(Ok(Bytes::from(airing("stop")))).unwrap();
    let (status, body) = call.await.unwrap();
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(String::from_utf8(body).unwrap().contains("enough"));
}

#[tokio::test]
async fn a_services_stream_is_one_message_a_line() {
    let house = House::new().await;
    let client = house.client().await;
    let answer =
        client.get("/v1/invoicing/events?untilNow=true&afterPosition=4&typePrefixes=a&typePrefixes=b").await;
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    let lines = answer.lines();
    assert_eq!(
        lines.iter().map(|line| line["position"].as_str().unwrap()).collect::<Vec<_>>(),
        ["5", "6", "7"]
    );
    assert_eq!(lines[0]["payload"]["@type"], "type.googleapis.com/billing.invoicing.v1.Account");
    assert_eq!(lines[0]["payload"]["code"], "A-1");
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_is_the_last_line() {
    let house = House::new().await;
    let client = house.client().await;
    let early = client.get("/v1/invoicing/events?afterPosition=-1").await;
    assert_eq!(early.status, StatusCode::BAD_REQUEST);
    let late = client.get("/v1/invoicing/events?typePrefixes=fail").await;
    assert_eq!(late.status, StatusCode::OK);
    let lines = late.lines();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[3], json!({ "error": { "code": 14, "message": "the feed broke off", "details": [] } }));
    let events = client
        .send(
            Method::GET,
            "/v1/invoicing/events?typePrefixes=fail",
            &[("accept", "text/html, text/event-stream;q=1")],
            "",
        )
        .await;
    assert_eq!(events.headers["content-type"], "text/event-stream");
    let text = String::from_utf8(events.bytes.to_vec()).unwrap();
    let events: Vec<&str> = text.trim_end().split("\n\n").collect();
    assert_eq!(events.len(), 4, "{text}");
    assert!(events[0].starts_with("data: {\"position\":\"1\""), "{text}");
    assert!(events[3].starts_with("event: error\ndata: {\"error\":{\"code\":14,"), "{text}");
}

async fn first(client: &Client) -> impl futures::Stream<Item = Result<Bytes, hyper::Error>> + Unpin + use<> {
    let (status, _, mut body) = client.open(Method::GET, "/v1/invoicing/events", &[], stream::empty()).await;
    assert_eq!(status, StatusCode::OK);
    let mut seen = String::new();
    while seen.lines().count() < 3 {
        seen.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
    body
}

#[tokio::test]
async fn events_come_as_they_happen_and_a_reader_may_leave() {
    let house = House::new().await;
    let client = house.client().await;
    let body = first(&client).await;
    assert!(!house.canned.left.load(Ordering::SeqCst));
    drop(body);
    eventually("the service's stream is dropped", || house.canned.left.load(Ordering::SeqCst)).await;
}

#[tokio::test]
async fn the_end_of_the_gateway_ends_streams_with_a_word() {
    let house = House::new().await;
    let client = house.client().await;
    let body = first(&client).await;
    let started = tokio::time::Instant::now();
    house.gateway.stop().await;
    let rest: Vec<Bytes> = body.map(|part| part.unwrap()).collect().await;
    let last: serde_json::Value = serde_json::from_slice(&rest.concat()).unwrap();
    assert_eq!(last["error"]["details"][0]["reason"], "GATEWAY_ENDING");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_service_that_dies_is_the_last_line_too() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = Some(listener.local_addr().unwrap());
    let house = House::with(Choices { upstream, ..Choices::default() }).await;
    let service = house.service.address();
    // All that the gateway has of the service goes through here.
    let wire = tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = tokio::net::TcpStream::connect(service).await.unwrap();
        tokio::io::copy_bidirectional(&mut near, &mut far).await
    });
    let client = house.client().await;
    let body = first(&client).await;
    wire.abort();
    let rest: Vec<Bytes> = body.map(|part| part.unwrap()).collect().await;
    let last: serde_json::Value = serde_json::from_slice(&rest.concat()).unwrap();
    assert_eq!(last["error"]["details"][0]["reason"], "SERVICE_UNAVAILABLE", "{last}");
    assert_eq!(client.get("/v1/accounts").await.reason(), "SERVICE_UNAVAILABLE");
}
