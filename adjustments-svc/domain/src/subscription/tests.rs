use uuid::Uuid;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn wanted(channel: Channel) -> Subscription {
    Subscription {
        id: SubscriptionId::from_uuid(Uuid::from_u128(1)),
        created: Act { by: "analyst".into(), at: at("2026-04-02T12:00:00Z") },
        type_prefixes: vec!["billing.adjustments.v1.dispute.".into()],
        channel,
        ended: None,
    }
}

fn webhook(host: &str) -> Channel {
    let (url, secret) = (format!("http://{host}/hook"), "0123456789abcdef".to_owned());
    Channel::Webhook { url, host: host.into(), secret }
}

#[test]
fn only_what_the_installation_allows_is_told() {
    let hosts = vec!["hooks.example.com".to_owned(), "10.0.0.7:8080".to_owned()];
    let allowed = Allowed { hosts, mail: true };
    let mail = Channel::Mail { address: "billing@example.com".into() };
    let by_tls = |host: &str| Channel::Webhook {
        url: format!("https://{host}/hook"),
        host: host.into(),
        secret: "0123456789abcdef".into(),
    };
    for (channel, allowed, expected) in [
        (webhook("hooks.example.com"), allowed.clone(), None),
        (webhook("hooks.example.com:9000"), allowed.clone(), None),
        (webhook("10.0.0.7:8080"), allowed.clone(), None),
        (webhook("10.0.0.7:22"), allowed.clone(), Some("WEBHOOK_HOST")),
        (webhook("10.0.0.7"), allowed.clone(), Some("WEBHOOK_HOST")),
        (webhook("evil.example.com"), allowed.clone(), Some("WEBHOOK_HOST")),
        // Told before the host: adding that to the settings would not help.
        (by_tls("hooks.example.com"), allowed.clone(), Some("WEBHOOK_TLS")),
        (by_tls("evil.example.com"), allowed.clone(), Some("WEBHOOK_TLS")),
        (mail.clone(), allowed, None),
        (mail, Allowed::default(), Some("MAIL_ABSENT")),
        (webhook("hooks.example.com"), Allowed::default(), Some("WEBHOOK_HOST")),
    ] {
        let answer = subscribe(wanted(channel.clone()), &allowed);
        assert_eq!(answer.err().map(|refusal| refusal.reason()), expected, "{channel:?}");
    }
    let ended = end(&wanted(webhook("a")), at("2026-04-03T12:00:00Z")).unwrap();
    assert_eq!(end(&ended, at("2026-04-03T12:00:00Z")).unwrap_err().reason(), "SUBSCRIPTION_ENDED");
}

#[test]
fn it_is_tried_later_each_time_for_three_days() {
    let since = at("2026-04-02T12:00:00Z");
    for (attempts, now, next) in [
        (1, "2026-04-02T12:00:00Z", Some("2026-04-02T12:00:01Z")),
        (2, "2026-04-02T12:00:01Z", Some("2026-04-02T12:00:03Z")),
        (10, "2026-04-02T12:10:00Z", Some("2026-04-02T12:18:32Z")),
        (13, "2026-04-02T13:00:00Z", Some("2026-04-02T14:00:00Z")),
        (80, "2026-04-05T11:00:00Z", Some("2026-04-05T12:00:00Z")),
        (81, "2026-04-05T11:00:01Z", None),
        (u32::MAX, "2026-04-05T12:00:00Z", None),
    ] {
        assert_eq!(next_attempt(attempts, since, at(now)), next.map(at), "{attempts}");
    }
}
