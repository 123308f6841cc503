//! A plain HTTP client, as curl is one.

use anyhow::Result;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, body::Bytes};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Bytes,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Result<serde_json::Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

/// Sends one request; `None` signs nobody in.
pub async fn rest(method: &str, url: &str, token: Option<&str>, body: &str) -> Result<Answer> {
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes())?).uri(url);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request =
        request.header("content-type", "application/json").body(Full::new(Bytes::from(body.to_owned())))?;
    let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await?;
    let content_type = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
    let (status, content_type) =
        (answer.status().as_u16(), content_type.map_or(String::new(), str::to_owned));
    Ok(Answer { status, content_type, body: answer.into_body().collect().await?.to_bytes() })
}
