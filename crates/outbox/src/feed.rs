//! The feed of a service: its events by position, from any position on, and then as they happen.

use anyhow::{Context, anyhow};
use async_stream::try_stream;
use billing_proto::billing::event::v1::{Event, StreamEventsRequest};
use chassis::{background::Background, failure::Failure, scope::Scope};
use futures::Stream;
use ids::{AccountId, EntityId, EventId};
use prost::Message;
use prost_types::{Any, Timestamp};
use refusal::{Class, Refusal, Violations};
use sqlx::{PgPool, Row, postgres::PgRow, query, query_scalar};
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    Sequencer,
    bell::{self, Bell, SLEEP_MAX},
};

/// How many events a stream loads at once.
const BATCH: i64 = 500;

/// The feed of the schema that the pool is connected to.
#[derive(Clone)]
pub struct Feed {
    pool: PgPool,
    grown: watch::Sender<()>,
}

/// An event with what the scope of a reader asks of it.
struct Heard {
    event: Event,
    entity: Option<Uuid>,
    account: Option<Uuid>,
}

impl Heard {
    /// What is not asked for is loaded without its payload.
    fn is_asked_for(&self) -> bool {
        self.event.payload.is_some()
    }
}

impl Feed {
    /// The feed; its streams are woken once [`run`](Self::run) runs, and look by themselves every second.
    pub fn new(pool: PgPool) -> Self {
        Self { pool, grown: watch::Sender::new(()) }
    }

    /// The feed of a service that runs: beside its calls events get their positions, and streams are woken when the feed grows.
    pub fn begin(pool: &PgPool, background: &Background) -> Self {
        let feed = Self::new(pool.clone());
        let sequencer = Sequencer::new(pool.clone()).waking(feed.grown.clone());
        background.spawn("sequencer", move |cancellation| {
            let sequencer = sequencer.clone();
            async move { sequencer.run(cancellation).await }
        });
        let woken = feed.clone();
        background.spawn("feed", move |cancellation| {
            let feed = woken.clone();
            async move { feed.run(cancellation).await }
        });
        feed
    }

    /// Wakes all streams of this process when the feed grows, until it is cancelled. One connection serves them all.
    pub async fn run(&self, cancellation: CancellationToken) -> Result<(), anyhow::Error> {
        let mut bell = Bell::hang(&self.pool, bell::FEED).await.context("the feed cannot listen")?;
        let work = async {
            loop {
                bell.wait().await.context("the feed cannot listen")?;
                self.grown.send_replace(());
            }
        };
        cancellation.run_until_cancelled(work).await.unwrap_or(Ok(()))
    }

    /// At most `limit` events after a position, in order. A gap is a [`Failure::Fault`]: something was lost.
    pub async fn read(&self, after: i64, limit: i64) -> Result<Vec<Event>, Failure> {
        Ok(self.load(after, limit, &[]).await?.into_iter().map(|heard| heard.event).collect())
    }

    /// The events that a reader asks for and may see. The stream ends when it is cancelled, and with `until_now` when
    /// it has caught up. Positions are proven to have no gap before anything is left out.
    pub fn stream(
        &self,
        request: StreamEventsRequest,
        scope: Scope,
        cancellation: CancellationToken,
    ) -> impl Stream<Item = Result<Event, Failure>> + Send + 'static {
        let feed = self.clone();
        try_stream! {
            feed.check(request.after_position).await?;
            let mut after = request.after_position;
            let mut grown = feed.grown.subscribe();
            loop {
                grown.mark_unchanged();
                let batch = feed.load(after, BATCH, &request.type_prefixes).await?;
                let caught_up = batch.is_empty();
                for heard in batch {
                    after = heard.event.position;
                    if heard.is_asked_for() && scope.covers(heard.entity, None, heard.account) {
                        yield heard.event;
                    }
                }
                if cancellation.is_cancelled() || (caught_up && request.until_now) {
                    break;
                }
                if caught_up {
                    cancellation.run_until_cancelled(timeout(SLEEP_MAX, grown.changed())).await;
                }
            }
        }
    }

    /// A reader cannot have heard more than was said: then the feed was restored from an older copy.
    async fn check(&self, after: i64) -> Result<(), Failure> {
        if after < 0 {
            let mut violations = Violations::new();
            violations.add("after_position", "must not be negative");
            return Err(violations.refusal().into());
        }
        let last: i64 = query_scalar("select position from feed").fetch_one(&self.pool).await?;
        if after > last {
            let message = format!(
                "the feed ends at {last}, before position {after}; it lost events, perhaps by a restored backup: \
                 compare both sides before reading on"
            );
            let refusal = Refusal::new(Class::StateForbids, "FEED_TOO_SHORT", message);
            return Err(refusal.with("last_position", last).into());
        }
        Ok(())
    }

    /// All that was said after a position; of what is not asked for, not what it was.
    async fn load(&self, after: i64, limit: i64, prefixes: &[String]) -> Result<Vec<Heard>, Failure> {
        let rows = query(
            "select position, event_id, type, subject, entity, account, actor, trace, occurred_at,
                    case when $3::text[] = '{}' or exists (select from unnest($3::text[]) as prefix where starts_with(type, prefix))
                         then payload end as payload
             from outbox where position > $1 order by position limit $2",
        )
        .bind(after)
        .bind(limit)
        .bind(prefixes)
        .fetch_all(&self.pool)
        .await?;
        let mut last = after;
        let mut batch = Vec::with_capacity(rows.len());
        for row in rows {
            let heard = heard(&row)?;
            if heard.event.position != last + 1 {
                let found = heard.event.position;
                return Err(anyhow!("the feed lost events: position {found} follows {last}").into());
            }
            last = heard.event.position;
            batch.push(heard);
        }
        Ok(batch)
    }
}

fn heard(row: &PgRow) -> Result<Heard, Failure> {
    let entity: Option<Uuid> = row.try_get("entity")?;
    let account: Option<Uuid> = row.try_get("account")?;
    let at = row.try_get::<jiff_sqlx::Timestamp, _>("occurred_at")?.to_jiff();
    let payload: Option<&[u8]> = row.try_get("payload")?;
    let payload = payload.map(Any::decode).transpose().context("the payload of an event cannot be read")?;
    let event = Event {
        position: row.try_get("position")?,
        id: EventId::from_uuid(row.try_get("event_id")?).to_string(),
        r#type: row.try_get("type")?,
        subject: row.try_get("subject")?,
        billing_entity: entity
            .map_or_else(String::new, |id| format!("billingEntities/{}", EntityId::from_uuid(id))),
        account: account.map_or_else(String::new, |id| format!("accounts/{}", AccountId::from_uuid(id))),
        actor: row.try_get("actor")?,
        trace: row.try_get("trace")?,
        time: Some(Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }),
        payload,
    };
    Ok(Heard { event, entity, account })
}
