//! Subscription ↔ domain.

use adjustments_domain::{
    act::Act,
    subscription::{Channel, Subscription},
};
use billing_proto::billing::adjustments::v1::{self as pb, subscription::Channel as Given};
use ids::SubscriptionId;
use refusal::{Refusal, Violations};

use super::{name, time};

/// How many beginnings of types a subscription names.
const PREFIXES_MAX: usize = 50;

/// A subscription that somebody makes.
pub fn parse(
    id: SubscriptionId,
    subscription: Option<&pb::Subscription>,
    created: Act,
) -> Result<Subscription, Refusal> {
    let mut v = Violations::new();
    let Some(subscription) = subscription else {
        v.add("subscription", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("subscription", |v| {
        let type_prefixes = prefixes(v, &subscription.type_prefixes);
        let channel = match &subscription.channel {
            Some(Given::Webhook(webhook)) => v.within("webhook", |v| self::webhook(v, webhook)),
            Some(Given::Email(address)) => email(v, address),
            None => {
                v.add("webhook", "must be given, or email");
                None
            }
        };
        Some(Subscription { id, created, type_prefixes: type_prefixes?, channel: channel?, ended: None })
    });
    parsed.ok_or_else(|| v.refusal())
}

fn prefixes(v: &mut Violations, prefixes: &[String]) -> Option<Vec<String>> {
    let known = |prefix: &String| prefix.starts_with("billing.adjustments.v1.") && is_visible(prefix, 200);
    if prefixes.is_empty() || prefixes.len() > PREFIXES_MAX || !prefixes.iter().all(known) {
        let expected = "beginnings of types of events, such as billing.adjustments.v1.dispute.";
        v.add("type_prefixes", format!("must be 1 to {PREFIXES_MAX} {expected}"));
        return None;
    }
    Some(prefixes.to_vec())
}

fn webhook(v: &mut Violations, webhook: &pb::Webhook) -> Option<Channel> {
    // Whether the installation posts by https is for the domain to say.
    let rest = ["http://", "https://"].iter().find_map(|scheme| webhook.url.strip_prefix(scheme));
    let rest = rest.filter(|_| is_visible(&webhook.url, 1_000));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let host = host.filter(|host| !host.is_empty() && !host.contains('@'));
    let host = v.take("url", host.ok_or("must be http://host[:port]/path, without a user"));
    let signed = webhook.secret.len() >= 16 && is_visible(&webhook.secret, 200);
    let secret = v.take(
        "secret",
        signed.then_some(&webhook.secret).ok_or("must be 16 to 200 visible ASCII characters"),
    );
    Some(Channel::Webhook { url: webhook.url.clone(), host: host?.to_owned(), secret: secret?.clone() })
}

fn email(v: &mut Violations, address: &str) -> Option<Channel> {
    let parts = address.split_once('@').filter(|(local, domain)| {
        let plain = |part: &str| !part.is_empty() && !part.contains(['@', '<', '>', ',', ';', '"']);
        plain(local) && plain(domain)
    });
    let whole = parts.filter(|_| is_visible(address, 254));
    v.take("email", whole.ok_or("must be an e-mail address, without a name around it"))?;
    Some(Channel::Mail { address: address.to_owned() })
}

fn is_visible(text: &str, most: usize) -> bool {
    !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The subscription as a message, without its secret.
pub fn message(subscription: &Subscription) -> pb::Subscription {
    let channel = match &subscription.channel {
        Channel::Webhook { url, .. } => {
            Given::Webhook(pb::Webhook { url: url.clone(), secret: String::new() })
        }
        Channel::Mail { address } => Given::Email(address.clone()),
    };
    pb::Subscription {
        name: name::subscription_name(subscription.id),
        subscriber: subscription.created.by.clone(),
        type_prefixes: subscription.type_prefixes.clone(),
        channel: Some(channel),
        create_time: Some(time::message(subscription.created.at)),
        end_time: subscription.ended.map(time::message),
    }
}

/// The name of a state that a list asks for; `None` asks for all.
pub fn state_name(state: pb::NotificationState) -> Option<&'static str> {
    state.as_str_name().strip_prefix("NOTIFICATION_STATE_").filter(|name| *name != "UNSPECIFIED")
}
