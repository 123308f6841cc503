//! Who wants to be told is told, at least once, and of what they may see.

use std::{collections::HashMap, time::Duration};

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{
        self as pb, subscription::Channel, subscription_service_client::SubscriptionServiceClient,
    },
};
use chassis::caller::Grant;
use hmac::{Hmac, Mac};
use jiff::SignedDuration;
use sha2::Sha256;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    time::timeout,
};
use tonic::Status;
use uuid::Uuid;

use crate::{
    approval::submit,
    service::{Door, Service, reason},
};

const SECRET: &str = "a-secret-of-the-receiver";

fn client(service: &Service, person: &str, role: Role) -> SubscriptionServiceClient<Door> {
    SubscriptionServiceClient::new(service.door(person, role))
}

fn wanted(channel: Channel) -> pb::Subscription {
    pb::Subscription {
        type_prefixes: vec!["billing.adjustments.v1.approval.".into()],
        channel: Some(channel),
        ..pb::Subscription::default()
    }
}

fn webhook(host: &str) -> Channel {
    Channel::Webhook(pb::Webhook { url: format!("http://{host}/hook"), secret: SECRET.into() })
}

pub async fn create(service: &Service, channel: Channel) -> Result<pb::Subscription, Status> {
    let request =
        pb::CreateSubscriptionRequest { subscription: Some(wanted(channel)), request_id: "subscribe".into() };
    let mut clerk = client(service, "clerk", Role::BillingAnalyst);
    clerk.create_subscription(request).await.map(tonic::Response::into_inner)
}

pub async fn notifications(service: &Service, subscription: &pb::Subscription) -> Vec<pb::Notification> {
    let request = pb::ListNotificationsRequest { parent: subscription.name.clone(), ..Default::default() };
    let listed = client(service, "clerk", Role::BillingAnalyst).list_notifications(request).await;
    listed.unwrap().into_inner().notifications
}

/// What a receiver gets, answered with a status.
struct Received {
    headers: HashMap<String, String>,
    body: String,
}

async fn receive(listener: &TcpListener, status: &str) -> Received {
    let (stream, _) = timeout(Duration::from_secs(30), listener.accept()).await.unwrap().unwrap();
    let mut stream = BufReader::new(stream);
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if line.trim().is_empty() && !headers.is_empty() {
            break;
        }
        let (name, value) = line.trim().split_once(' ').unwrap();
        headers.insert(name.trim_end_matches(':').to_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
    Received { headers, body: String::from_utf8(body).unwrap() }
}

#[tokio::test]
async fn a_webhook_is_tried_until_it_takes_the_event_and_knows_who_has_sent_it() {
    let service = Service::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let subscription = create(&service, webhook(&listener.local_addr().unwrap().to_string())).await.unwrap();
    let Some(Channel::Webhook(shown)) = &subscription.channel else { panic!("{subscription:?}") };
    assert_eq!(shown.secret, "", "it is never shown");
    let approval = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    let first = receive(&listener, "500 Internal Server Error").await;
    let untold = loop {
        let found = notifications(&service, &subscription).await;
        if let Some(untold) = found.first().filter(|found| found.attempts == 1) {
            break untold.clone();
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(untold.state(), pb::NotificationState::Waiting);
    assert!(untold.failure.contains("500"), "{}", untold.failure);
    service.clock.advance(SignedDuration::from_secs(1));
    let second = receive(&listener, "204 No Content").await;
    assert_eq!(first.headers["makegood-id"], second.headers["makegood-id"], "the same event has the same id");
    let body: serde_json::Value = serde_json::from_str(&second.body).unwrap();
    assert_eq!(body["type"], "billing.adjustments.v1.approval.submitted");
    assert_eq!((&body["subject"], &body["actor"]), (&approval.name.into(), &"analyst".into()));
    let (seconds, tag) = second.headers["makegood-signature"].split_once(',').unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{}.{}", seconds.trim_start_matches("t="), second.body).as_bytes());
    assert_eq!(tag, format!("v1={}", hex::encode(mac.finalize().into_bytes())));
    loop {
        let found = notifications(&service, &subscription).await;
        if found.iter().all(|found| found.state() == pb::NotificationState::Delivered) {
            break;
        }
        tokio::task::yield_now().await;
    }
    let request = pb::EndSubscriptionRequest { name: subscription.name.clone(), request_id: "end".into() };
    let foreign = client(&service, "other", Role::BillingAnalyst).end_subscription(request.clone()).await;
    assert_eq!(reason(&foreign.unwrap_err()), "NOT_FOUND");
    client(&service, "clerk", Role::BillingAnalyst).end_subscription(request).await.unwrap();
    submit(&service, "accounts/a/adjustments/2", "600.00").await;
    assert_eq!(notifications(&service, &subscription).await.len(), 1, "nobody is told any more");
}

#[tokio::test]
async fn an_e_mail_is_a_whole_file_for_each_event() {
    let service = Service::start().await;
    let subscription = create(&service, Channel::Email("billing@example.com".into())).await.unwrap();
    let approval = submit(&service, "accounts/a/adjustments/1", "600.00").await;
    let file = loop {
        let files = std::fs::read_dir(service.mail.path()).unwrap().map(|entry| entry.unwrap().path());
        if let Some(file) = files.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "eml"))
        {
            break file;
        }
        tokio::task::yield_now().await;
    };
    let text = std::fs::read_to_string(file).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("To: billing@example.com\r\n"), "{head}");
    assert!(
        head.contains(&format!("Subject: [Makegood] approval submitted: {}\r\n", approval.name)),
        "{head}"
    );
    assert!(head.contains("Date: Thu, 2 Apr 2026 12:00:00 +0000\r\n"), "{head}");
    assert!(body.contains("By whom: analyst"), "{body}");
    assert_eq!(subscription.subscriber, "clerk");
}

#[tokio::test]
async fn nobody_is_told_of_what_they_may_not_see_or_where_nobody_allows_it() {
    let service = Service::start().await;
    for (channel, expected) in [
        (webhook("example.com"), "WEBHOOK_HOST"),
        (webhook("user@127.0.0.1"), "MALFORMED"),
        (
            Channel::Webhook(pb::Webhook { url: "https://127.0.0.1/".into(), secret: SECRET.into() }),
            "WEBHOOK_TLS",
        ),
        (
            Channel::Webhook(pb::Webhook { url: "ftp://127.0.0.1/".into(), secret: SECRET.into() }),
            "MALFORMED",
        ),
        (Channel::Email("two@at@example.com".into()), "MALFORMED"),
        (Channel::Email("a@example.com\r\nBcc: b@example.com".into()), "MALFORMED"),
        (
            Channel::Webhook(pb::Webhook { url: "http://127.0.0.1/".into(), secret: "short".into() }),
            "MALFORMED",
        ),
    ] {
        let refused = create(&service, channel.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), expected, "{channel:?}");
    }
    let limited = Grant {
        role: Role::BillingAnalyst,
        entities: vec![Uuid::now_v7()],
        territories: vec![],
        accounts: vec![],
    };
    let mut clerk = SubscriptionServiceClient::new(service.limited_door("clerk", vec![limited]));
    let request = pb::CreateSubscriptionRequest {
        subscription: Some(wanted(Channel::Email("limited@example.com".into()))),
        request_id: "limited".into(),
    };
    clerk.create_subscription(request).await.unwrap();
    let everything = create(&service, Channel::Email("all@example.com".into())).await.unwrap();
    submit(&service, "accounts/a/adjustments/1", "600.00").await;
    loop {
        let found = notifications(&service, &everything).await;
        if found.first().is_some_and(|found| found.state() == pb::NotificationState::Delivered) {
            break;
        }
        tokio::task::yield_now().await;
    }
    let files = std::fs::read_dir(service.mail.path()).unwrap();
    assert_eq!(files.count(), 1, "the limited one sees none of it");
}
