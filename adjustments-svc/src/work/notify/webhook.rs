use std::time::Duration;

use hmac::{Hmac, Mac};
use http_body_util::Full;
use hyper::{Request, body::Bytes};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use jiff::Timestamp;
use serde::Serialize;
use sha2::Sha256;
use tokio::time::timeout;

use crate::store::notification::Notification;

/// How long a webhook may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    id: String,
    r#type: &'a str,
    subject: &'a str,
    account: Option<String>,
    billing_entity: Option<String>,
    actor: &'a str,
    time: String,
    position: i64,
}

/// Posts an event. Everything but 2xx is a failure, which says what happened.
pub(super) async fn post(
    (url, host): (&str, &str),
    secret: &str,
    notification: &Notification,
    now: Timestamp,
) -> Result<(), String> {
    let body = body(notification).map_err(|error| error.to_string())?;
    let request = Request::post(url)
        .header("host", host)
        .header("content-type", "application/json")
        .header("makegood-id", notification.event.id.to_string())
        .header("makegood-signature", signature(secret, now, &body))
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| error.to_string())?;
    let client = Client::builder(TokioExecutor::new()).build_http();
    match timeout(ANSWER_MAX, client.request(request)).await {
        Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
        Ok(Ok(answer)) => Err(format!("{host} answers {}", answer.status())),
        Ok(Err(error)) => Err(format!("{host} cannot be reached: {error}")),
        Err(_) => Err(format!("{host} does not answer within {} seconds", ANSWER_MAX.as_secs())),
    }
}

fn body(notification: &Notification) -> Result<String, serde_json::Error> {
    let event = &notification.event;
    serde_json::to_string(&Body {
        id: event.id.to_string(),
        r#type: &event.kind,
        subject: &event.subject,
        account: event.account.map(|account| format!("accounts/{account}")),
        billing_entity: event.entity.map(|entity| format!("billingEntities/{entity}")),
        actor: &event.actor,
        time: event.at.to_string(),
        position: notification.position,
    })
}

/// What the receiver compares: whoever has the secret has sent it, and when.
fn signature(secret: &str, now: Timestamp, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("{}.{body}", now.as_second()).as_bytes());
    format!("t={},v1={}", now.as_second(), hex::encode(mac.finalize().into_bytes()))
}
