//! Who wants to be told of what happens, and how patiently it is tried.

use ids::SubscriptionId;
use jiff::{SignedDuration, Timestamp};

use crate::act::Act;

/// For how long somebody is tried to be told.
const PATIENCE: SignedDuration = SignedDuration::from_hours(3 * 24);

/// How long the longest pause between two attempts is.
const PAUSE_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Somebody who wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub id: SubscriptionId,
    /// Whose it is, and since when.
    pub created: Act,
    /// The beginnings of the types of events.
    pub type_prefixes: Vec<String>,
    pub channel: Channel,
    pub ended: Option<Timestamp>,
}

/// Where they are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A POST, signed with the secret.
    Webhook {
        url: String,
        /// `host` or `host:port` of the URL.
        host: String,
        secret: String,
    },
    /// A file for the address.
    Mail { address: String },
}

/// What the installation allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// The hosts that may be posted to, each with its port where only that one is meant.
    pub hosts: Vec<String>,
    /// Whether there is a folder for e-mail.
    pub mail: bool,
}

refusal::refusals! {
    /// Why somebody is not told.
    pub enum SubscriptionRefusal {
        /// It does not exist, or is somebody else's.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist, or is somebody else's",
        /// A POST that would fail for three days is refused at once.
        StateForbids "WEBHOOK_TLS" Tls { host: String } =>
            "this installation posts without TLS, and {host} is asked for by https; give the http:// address of a proxy on the same machine or network that passes it on to {host} by https",
        /// Nobody makes this service post wherever they like.
        StateForbids "WEBHOOK_HOST" Host { host: String } =>
            "{host} is none of the hosts that this installation posts to; its operator adds it to adjustments.notifications.webhook_hosts",
        /// Without a folder there is no post.
        StateForbids "MAIL_ABSENT" MailAbsent =>
            "this installation has no folder for e-mail; its operator sets adjustments.notifications.mail_folder",
        /// It ends once.
        StateForbids "SUBSCRIPTION_ENDED" Ended { name: String } => "{name} has ended; create another one",
    }
}

/// Takes a subscription that the installation allows.
///
/// Order of refusal: WEBHOOK_TLS, WEBHOOK_HOST, MAIL_ABSENT.
pub fn subscribe(subscription: Subscription, allowed: &Allowed) -> Result<Subscription, SubscriptionRefusal> {
    match &subscription.channel {
        Channel::Webhook { url, host, .. } if url.starts_with("https://") => {
            Err(SubscriptionRefusal::Tls { host: host.clone() })
        }
        Channel::Webhook { host, .. } if !allowed.posts_to(host) => {
            Err(SubscriptionRefusal::Host { host: host.clone() })
        }
        Channel::Mail { .. } if !allowed.mail => Err(SubscriptionRefusal::MailAbsent),
        Channel::Webhook { .. } | Channel::Mail { .. } => Ok(subscription),
    }
}

/// Tells nobody any more.
///
/// Order of refusal: SUBSCRIPTION_ENDED.
pub fn end(subscription: &Subscription, at: Timestamp) -> Result<Subscription, SubscriptionRefusal> {
    if subscription.ended.is_some() {
        return Err(SubscriptionRefusal::Ended { name: format!("subscriptions/{}", subscription.id) });
    }
    Ok(Subscription { ended: Some(at), ..subscription.clone() })
}

/// When it is tried again after so many attempts, the first of which could be made then: a second later, then twice as long
/// each time, at most an hour. `None`: it was tried long enough.
pub fn next_attempt(attempts: u32, since: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let doubled = 1_i64.checked_shl(attempts.saturating_sub(1).min(20))?;
    let pause = SignedDuration::from_secs(doubled).min(PAUSE_MAX);
    let next = now.checked_add(pause).ok()?;
    (next.duration_since(since) <= PATIENCE).then_some(next)
}

impl Allowed {
    fn posts_to(&self, host: &str) -> bool {
        let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
        self.hosts.iter().any(|allowed| allowed == host || allowed == bare)
    }
}

#[cfg(test)]
mod tests;
