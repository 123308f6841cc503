//! An HTTP client as plain as curl, and a gRPC channel.

use std::{net::SocketAddr, pin::Pin};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper_util::{client::legacy, rt::TokioExecutor};
use serde_json::Value;
use tonic::{metadata::MetadataValue, transport::Channel};

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    token: String,
    http: legacy::Client<legacy::connect::HttpConnector, Body>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {:?}", self.bytes))
    }

    pub fn lines(&self) -> Vec<Value> {
        let text = std::str::from_utf8(&self.bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn reason(&self) -> String {
        let json = self.json();
        let info = json["details"].as_array().unwrap().iter().find(|detail| detail["reason"].is_string());
        info.map_or_else(String::new, |info| info["reason"].as_str().unwrap().to_owned())
    }

    /// `field: description` of every violation.
    pub fn violations(&self) -> Vec<String> {
        let json = self.json();
        let all = json["details"].as_array().unwrap().iter().filter_map(|d| d["fieldViolations"].as_array());
        all.flatten()
            .map(|v| format!("{}: {}", v["field"].as_str().unwrap(), v["description"].as_str().unwrap()))
            .collect()
    }
}

impl Client {
    pub fn new(address: SocketAddr, token: String) -> Self {
        Self { address, token, http: legacy::Client::builder(TokioExecutor::new()).build_http() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    pub async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        self.send(Method::POST, path, &[], body).await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let body = body.into();
        let chunks = if body.is_empty() { vec![] } else { vec![Ok(body)] };
        let (status, headers, stream) = self.open(method, path, headers, futures::stream::iter(chunks)).await;
        let parts: Vec<Bytes> = stream.map(|part| part.unwrap()).collect().await;
        Answer { status, headers, bytes: parts.concat().into() }
    }

    /// Sends a body in pieces and answers the pieces of the answer.
    pub async fn open(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        chunks: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    ) -> (StatusCode, HeaderMap, Pin<Box<dyn Stream<Item = Result<Bytes, hyper::Error>> + Send>>) {
        let body =
            BodyExt::boxed_unsync(StreamBody::new(chunks.map(|chunk| chunk.map(http_body::Frame::data))));
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.http.request(request.body(body).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        (head.status, head.headers, Box::pin(body.into_data_stream()))
    }

    pub fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address)).unwrap().connect_lazy()
    }

    /// The message as a gRPC request with the token.
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        let token: MetadataValue<_> = format!("Bearer {}", self.token).parse().unwrap();
        request.metadata_mut().insert("authorization", token);
        request
    }
}
