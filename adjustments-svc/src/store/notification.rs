//! What subscribers are told of the feed of this service.

use adjustments_domain::subscription::Channel;
use chassis::failure::Failure;
use ids::{AccountId, EntityId, EventId, SubscriptionId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use outbox::inbox;
use sqlx::PgConnection;

use super::{subscription::channel, written::count};

/// Under which name this service keeps how far its own feed has been told.
const OWN_FEED: &str = "adjustments";

/// How many events are looked at at once.
const BATCH: i64 = 1_000;

/// Something to be told.
#[derive(Clone, Debug)]
pub struct Notification {
    pub subscription: SubscriptionId,
    pub position: i64,
    /// Made before this one.
    pub attempts: u32,
    /// Since when it is tried.
    pub due: Timestamp,
    pub channel: Channel,
    pub event: Event,
}

/// What has happened, as it is told.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: EventId,
    pub kind: String,
    pub subject: String,
    pub entity: Option<EntityId>,
    pub account: Option<AccountId>,
    pub actor: String,
    pub at: Timestamp,
}

/// Notes what of the feed is to be told to whom. False: there is nothing new, or another worker notes it.
pub async fn spread(connection: &mut PgConnection, now: Timestamp) -> Result<bool, Failure> {
    let ours = sqlx::query_scalar!(
        "select pg_try_advisory_xact_lock(hashtextextended('notifications', 0)) as \"ours!\""
    )
    .fetch_one(&mut *connection)
    .await?;
    if !ours {
        return Ok(false);
    }
    let heard = inbox::position(connection, OWN_FEED).await?;
    let last = sqlx::query_scalar!(
        "select max(position) from (select position from outbox where position > $1 order by position limit $2) as new",
        heard,
        BATCH
    )
    .fetch_one(&mut *connection)
    .await?;
    let Some(last) = last else { return Ok(false) };
    inbox::advance(connection, OWN_FEED, heard + 1, last).await?;
    sqlx::query!(
        "insert into notification (subscription_id, position, attempts, due_at, attempt_at, failure)
         select s.subscription_id, o.position, 0, $3, $3, ''
           from outbox o join subscription s on s.ended_at is null and s.after_position < o.position
          where o.position > $1 and o.position <= $2 and in_scope(s.scope, o.entity, null, o.account)
            and exists (select from unnest(s.type_prefixes) as prefix where starts_with(o.type, prefix))",
        heard,
        last,
        now.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(true)
}

/// Something that is to be told now, for this transaction alone; what another worker holds is left to it.
pub async fn claim(connection: &mut PgConnection, now: Timestamp) -> Result<Option<Notification>, Failure> {
    let row = sqlx::query!(
        "select n.subscription_id, n.position, n.attempts, n.due_at, s.channel, s.target, s.host, s.secret,
                o.event_id, o.type as kind, o.subject, o.entity, o.account, o.actor, o.occurred_at
           from notification n join subscription s using (subscription_id) join outbox o using (position)
          where n.attempt_at <= $1
          order by n.attempt_at limit 1 for update of n skip locked",
        now.to_sqlx() as _
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Notification {
            subscription: SubscriptionId::from_uuid(row.subscription_id),
            position: row.position,
            attempts: count(row.attempts)?,
            due: row.due_at.to_jiff(),
            channel: channel(&row.channel, row.target, row.host.zip(row.secret))?,
            event: Event {
                id: EventId::from_uuid(row.event_id),
                kind: row.kind,
                subject: row.subject,
                entity: row.entity.map(EntityId::from_uuid),
                account: row.account.map(AccountId::from_uuid),
                actor: row.actor,
                at: row.occurred_at.to_jiff(),
            },
        })
    })
    .transpose()
}

/// Records that somebody was told.
pub async fn record_told(
    connection: &mut PgConnection,
    told: &Notification,
    now: Timestamp,
) -> Result<(), Failure> {
    sqlx::query!(
        "update notification set attempts = attempts + 1, attempt_at = null, failure = '', delivered_at = $3
          where subscription_id = $1 and position = $2",
        told.subscription.uuid(),
        told.position,
        now.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that somebody was not told, why, and when it is tried again; `None`: not any more.
pub async fn record_failure(
    connection: &mut PgConnection,
    untold: &Notification,
    (failure, again): (&str, Option<Timestamp>),
) -> Result<(), Failure> {
    sqlx::query!(
        "update notification set attempts = attempts + 1, attempt_at = $3, failure = $4
          where subscription_id = $1 and position = $2",
        untold.subscription.uuid(),
        untold.position,
        again.map(ToSqlx::to_sqlx) as _,
        failure
    )
    .execute(connection)
    .await?;
    Ok(())
}
