//! A served method, called over the wire.

use std::{net::SocketAddr, time::Duration};

use billing_proto::billing::access::v1::{
    ApiKey, Caller, CreateApiKeyRequest, CreateApiKeyResponse, GetCallerRequest, ListApiKeysRequest,
    ListApiKeysResponse, RevokeApiKeyRequest, Role,
    api_key_service_client::ApiKeyServiceClient,
    api_key_service_server::{ApiKeyService, ApiKeyServiceServer},
};
use bytes::Bytes;
use chassis::{
    background::Background,
    call::Call,
    caller::{CALLER_HEADER, CallerSigner, CallerVerifier},
    failure::{Failure, answer},
    serve::{Running, ServeError, Server, Services},
    stack::Stack,
};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use refusal::{Class, Refusal};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt;

use crate::{caller, clock, grant, noon, secret};

/// Keys that do what the test needs a handler to do.
struct Keys;

#[tonic::async_trait]
impl ApiKeyService for Keys {
    async fn create_api_key(
        &self,
        _: Request<CreateApiKeyRequest>,
    ) -> Result<Response<CreateApiKeyResponse>, Status> {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(Response::new(CreateApiKeyResponse::default()))
    }

    async fn list_api_keys(
        &self,
        _: Request<ListApiKeysRequest>,
    ) -> Result<Response<ListApiKeysResponse>, Status> {
        panic!("a handler of the test panics")
    }

    async fn revoke_api_key(&self, _: Request<RevokeApiKeyRequest>) -> Result<Response<ApiKey>, Status> {
        answer(async { Err(Failure::from(anyhow::anyhow!("broken inside"))) }).await
    }

    async fn get_caller(&self, request: Request<GetCallerRequest>) -> Result<Response<Caller>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            if call.at != noon() {
                return Err(Refusal::new(Class::StateForbids, "CLOCK", "not the clock of the service").into());
            }
            Ok(Caller { person: format!("{} {}", call.caller.person, call.trace), ..Caller::default() })
        })
        .await
    }
}

async fn serve(concurrency_max: usize) -> Running {
    let verifier = CallerVerifier::new(&secret(), "access", clock()).unwrap();
    let services = Services::new().with(ApiKeyServiceServer::new(Keys));
    let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    server.start(services, Stack::new(verifier, clock(), concurrency_max), Background::new()).await.unwrap()
}

async fn channel(running: &Running) -> Channel {
    Channel::from_shared(format!("http://{}", running.address())).unwrap().connect().await.unwrap()
}

fn signed<T>(role: Role, message: T) -> Request<T> {
    let signer = CallerSigner::new(&secret(), clock()).unwrap();
    let token = signer.sign(&caller(vec![grant(role)]), "access").unwrap();
    let mut request = Request::new(message);
    request.metadata_mut().insert(CALLER_HEADER, token.parse().unwrap());
    request
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

#[tokio::test]
async fn a_call_arrives_with_caller_clock_and_trace() {
    let running = serve(8).await;
    let mut client = ApiKeyServiceClient::new(channel(&running).await);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let mut request = signed(Role::Sales, GetCallerRequest {});
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    request.metadata_mut().insert("traceparent", parent.parse().unwrap());
    let answer = client.get_caller(request).await.unwrap().into_inner();
    assert_eq!(answer.person, format!("ada {trace}"));

    let fresh = client.get_caller(signed(Role::Sales, GetCallerRequest {})).await.unwrap().into_inner();
    assert_eq!(fresh.person.len(), "ada ".len() + 32, "a call without a trace gets one");
    running.stop().await;
}

#[tokio::test]
async fn a_call_is_refused_without_a_caller_and_without_a_role() {
    let running = serve(8).await;
    let mut client = ApiKeyServiceClient::new(channel(&running).await);
    let unknown = client.get_caller(GetCallerRequest {}).await.unwrap_err();
    assert_eq!((unknown.code(), reason(&unknown).as_str()), (Code::Unauthenticated, "CALLER_UNKNOWN"));
    let closed =
        client.create_api_key(signed(Role::Auditor, CreateApiKeyRequest::default())).await.unwrap_err();
    assert_eq!((closed.code(), reason(&closed).as_str()), (Code::PermissionDenied, "ROLE_MISSING"));
    running.stop().await;
}

#[tokio::test]
async fn a_fault_and_a_panic_are_internal_and_name_their_trace() {
    let running = serve(8).await;
    let mut client = ApiKeyServiceClient::new(channel(&running).await);
    let fault =
        client.revoke_api_key(signed(Role::AccessAdmin, RevokeApiKeyRequest::default())).await.unwrap_err();
    let panic =
        client.list_api_keys(signed(Role::AccessAdmin, ListApiKeysRequest::default())).await.unwrap_err();
    for status in [fault, panic] {
        assert_eq!(status.code(), Code::Internal);
        let trace = status.message().strip_prefix("internal error; trace ").unwrap();
        assert!(trace.len() == 32 && trace.bytes().all(|digit| digit.is_ascii_hexdigit()), "{trace}");
    }
    running.stop().await;
}

/// A call with a deadline of 50 ms by another client: the one of tonic would itself give up.
async fn hurried(running: &Running) -> Option<http::HeaderValue> {
    let signed = signed(Role::AccessAdmin, ());
    let request = http::Request::post(format!(
        "http://{}/billing.access.v1.ApiKeyService/CreateApiKey",
        running.address()
    ))
    .header("content-type", "application/grpc")
    .header("te", "trailers")
    .header("grpc-timeout", "50m")
    .header(CALLER_HEADER, signed.metadata().get(CALLER_HEADER).unwrap().as_bytes())
    .body(Full::new(Bytes::from_static(&[0; 5])))
    .unwrap();
    Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http()
        .request(request)
        .await
        .unwrap()
        .headers()
        .get("grpc-status")
        .cloned()
}

#[tokio::test]
async fn a_deadline_is_kept_and_too_much_work_is_shed() {
    let running = serve(1).await;
    let mut client = ApiKeyServiceClient::new(channel(&running).await);
    let late = hurried(&running).await;
    assert_eq!(late.unwrap(), "4", "DEADLINE_EXCEEDED");

    let mut other = client.clone();
    let slow = tokio::spawn(async move {
        other.create_api_key(signed(Role::AccessAdmin, CreateApiKeyRequest::default())).await
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let shed = client.get_caller(signed(Role::Sales, GetCallerRequest {})).await.unwrap_err();
    assert_eq!((shed.code(), reason(&shed).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    assert!(slow.await.unwrap().is_ok());
    assert!(
        client.get_caller(signed(Role::Sales, GetCallerRequest {})).await.is_ok(),
        "the permit came back"
    );
    running.stop().await;
}

#[tokio::test]
async fn stopping_lets_a_call_finish() {
    let running = serve(8).await;
    let mut client = ApiKeyServiceClient::new(channel(&running).await);
    let slow = tokio::spawn(async move {
        client.create_api_key(signed(Role::AccessAdmin, CreateApiKeyRequest::default())).await
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let address = running.address();
    running.stop().await;
    assert!(slow.await.unwrap().is_ok());
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn health_is_open_to_everyone_and_an_address_that_is_taken_is_named() {
    let running = serve(8).await;
    let mut health = HealthClient::new(channel(&running).await);
    for service in ["", "billing.access.v1.ApiKeyService"] {
        let answer = health.check(HealthCheckRequest { service: service.to_owned() }).await.unwrap();
        assert_eq!(answer.into_inner().status, 1);
    }
    let taken = Server::bind(running.address()).await.err().unwrap();
    assert!(matches!(taken, ServeError::Taken(address) if address == running.address()));
    assert!(taken.to_string().contains("taken by another program"), "{taken}");
    running.stop().await;
}

#[tokio::test]
async fn a_background_task_begins_again_after_a_failure_and_ends_with_the_service() {
    let background = Background::new();
    let (sender, mut attempts) = tokio::sync::mpsc::unbounded_channel();
    background.spawn("test", move |cancellation: CancellationToken| {
        let sender = sender.clone();
        async move {
            let _ = sender.send(());
            match sender.strong_count() {
                0 => Ok(()),
                _ if !cancellation.is_cancelled() => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    panic!("an attempt of the test panics")
                }
                _ => Ok(()),
            }
        }
    });
    attempts.recv().await.unwrap();
    attempts.recv().await.unwrap();
    background.stop().await;
    while attempts.recv().await.is_some() {}
}
