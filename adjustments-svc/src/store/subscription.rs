//! Who wants to be told.

use adjustments_domain::{
    act::Act,
    subscription::{Channel, Subscription, SubscriptionRefusal},
};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::SubscriptionId;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// Which subscriptions to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub id: Option<SubscriptionId>,
    /// Of this person; `None`: of everybody.
    pub subscriber: Option<&'a str>,
    /// Only those before this one.
    pub before: Option<Uuid>,
    pub limit: Option<i64>,
}

/// Loads subscriptions, the latest first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Subscription>, Failure> {
    let rows = sqlx::query!(
        "select subscription_id, subscriber, type_prefixes, channel, target, host, secret, created_at, ended_at from subscription
          where ($1::uuid is null or subscription_id = $1) and ($2::text is null or subscriber = $2)
            and ($3::uuid is null or subscription_id < $3)
          order by subscription_id desc limit $4",
        which.id.map(SubscriptionId::uuid),
        which.subscriber,
        which.before,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    let subscription = rows.into_iter().map(|row| {
        Ok(Subscription {
            id: SubscriptionId::from_uuid(row.subscription_id),
            created: Act { by: row.subscriber, at: row.created_at.to_jiff() },
            type_prefixes: row.type_prefixes,
            channel: channel(&row.channel, row.target, row.host.zip(row.secret))?,
            ended: row.ended_at.map(|at| at.to_jiff()),
        })
    });
    subscription.collect()
}

/// Where somebody is told, of the columns that say so.
pub(super) fn channel(
    channel: &str,
    target: String,
    of_webhook: Option<(String, String)>,
) -> Result<Channel, Failure> {
    match channel {
        "MAIL" => Ok(Channel::Mail { address: target }),
        "WEBHOOK" => {
            let (host, secret) = of_webhook.context("a webhook has its host and secret")?;
            Ok(Channel::Webhook { url: target, host, secret })
        }
        other => Err(anyhow!("the database holds the channel {other:?}").into()),
    }
}

/// One subscription, locked until the transaction ends; or that there is none for this person.
pub async fn get(
    connection: &mut PgConnection,
    id: SubscriptionId,
    subscriber: Option<&str>,
) -> Result<Subscription, Failure> {
    let missing = || Refusal::from(SubscriptionRefusal::NotFound { name: format!("subscriptions/{id}") });
    let which = Which { id: Some(id), subscriber, ..Which::default() };
    Ok(load(connection, which).await?.pop().ok_or_else(missing)?)
}

/// Records a new subscription: of what is said from now on, as far as its subscriber may see it.
pub async fn insert(
    connection: &mut PgConnection,
    subscription: &Subscription,
    scope: Option<&Value>,
) -> Result<(), Failure> {
    let (channel, target, host, secret) = match &subscription.channel {
        Channel::Webhook { url, host, secret } => ("WEBHOOK", url, Some(host), Some(secret)),
        Channel::Mail { address } => ("MAIL", address, None, None),
    };
    sqlx::query!(
        "insert into subscription (subscription_id, subscriber, type_prefixes, channel, target, host, secret, scope, created_at,
           after_position)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, position from feed",
        subscription.id.uuid(),
        subscription.created.by,
        &subscription.type_prefixes,
        channel,
        target,
        host,
        secret,
        scope,
        subscription.created.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that it has ended; what waits for it is tried no more.
pub async fn record_ended(connection: &mut PgConnection, subscription: &Subscription) -> Result<(), Failure> {
    sqlx::query!(
        "update subscription set ended_at = $2 where subscription_id = $1 and ended_at is null",
        subscription.id.uuid(),
        subscription.ended.map(ToSqlx::to_sqlx) as _
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update notification set attempt_at = null where subscription_id = $1 and attempt_at is not null",
        subscription.id.uuid()
    )
    .execute(connection)
    .await?;
    Ok(())
}
