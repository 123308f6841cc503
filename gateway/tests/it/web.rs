//! gRPC-Web, reflection, health and metrics.

use bytes::{BufMut, BytesMut};
use http::{Method, StatusCode};
use prost::Message;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use billing_proto::billing::invoicing::v1::{Account, GetAccountRequest};

use crate::{client::Client, house::House};

const PATH: &str = "/billing.invoicing.v1.AccountService/GetAccount";

fn framed(message: &impl Message) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(bytes.len()).unwrap());
    frame.put_slice(&bytes);
    frame.to_vec()
}

#[tokio::test]
async fn a_browser_speaks_grpc_web() {
    let house = House::new().await;
    let client = house.client().await;
    let web = [("content-type", "application/grpc-web+proto"), ("x-makegood-caller", "forged")];
    let body = framed(&GetAccountRequest { name: "accounts/a".into() });
    let answer = client.send(Method::POST, PATH, &web, body).await;
    assert_eq!(answer.status, StatusCode::OK);
    let length = usize::try_from(u32::from_be_bytes(answer.bytes[1..5].try_into().unwrap())).unwrap();
    let account = Account::decode(&answer.bytes[5..5 + length]).unwrap();
    assert_eq!(account.code, "ada");
    let trailers = &answer.bytes[5 + length..];
    assert_eq!(trailers[0], 0x80);
    assert!(String::from_utf8_lossy(&trailers[5..]).contains("grpc-status:0"));

    let refused =
        house.anonymous().send(Method::POST, PATH, &web, framed(&GetAccountRequest::default())).await;
    assert_eq!(refused.headers["grpc-status"], "16");
}

#[tokio::test]
async fn the_contracts_and_health_are_open_to_everyone() {
    let house = House::new().await;
    let channel = house.anonymous().channel();
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(channel.clone())
        .server_reflection_info(futures::stream::iter([request]))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(services)) = answer else { panic!("{answer:?}") };
    let names: Vec<String> = services.service.into_iter().map(|service| service.name).collect();
    for name in ["billing.invoicing.v1.InvoiceService", "billing.access.v1.ApiKeyService"] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
    let health = HealthClient::new(channel).check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(health.into_inner().status, 1);
}

#[tokio::test]
async fn the_process_is_watched_on_a_port_of_its_own() {
    let house = House::new().await;
    let watch = Client::new(house.gateway.health_address(), String::new());
    assert_eq!(watch.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(watch.get("/readyz").await.status, StatusCode::OK);
    assert_eq!(house.anonymous().get("/healthz").await.status, StatusCode::NOT_FOUND);
}
