//! Positions without gaps, given after the commit.
//!
//! A position given inside the business transaction would be seen out of order: the reader passes 8 while 7 is still
//! open. Here one sequencer at a time numbers what it sees, so that what becomes visible later gets a later position.

use anyhow::Context;
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, query, query_scalar};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::bell::{self, Bell};

/// How many rows get their positions in one transaction.
const BATCH: i64 = 10_000;

/// Gives the events of a service their positions. Every replica runs one; one of them works, the others wait to take over.
#[derive(Clone)]
pub struct Sequencer {
    pool: PgPool,
    grown: watch::Sender<()>,
}

impl Sequencer {
    /// The sequencer of the schema that the pool is connected to. It uses two connections beside the pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool, grown: watch::Sender::new(()) }
    }

    /// The same, which wakes the readers of its own process itself. Those of other processes hear it from the database.
    pub(crate) fn waking(self, grown: watch::Sender<()>) -> Self {
        Self { grown, ..self }
    }

    /// Works until it is cancelled. An error ends it, and with its connection its turn: run it anew.
    pub async fn run(&self, cancellation: CancellationToken) -> Result<(), anyhow::Error> {
        let mut bell = Bell::hang(&self.pool, bell::OUTBOX).await.context("the sequencer cannot listen")?;
        let mut connection =
            self.pool.connect_options().connect().await.context("the sequencer cannot connect")?;
        let work = async {
            let mut its_turn = false;
            loop {
                its_turn = its_turn
                    || take_turn(&mut connection).await.context("the sequencer cannot take its turn")?;
                while its_turn
                    && place(&mut connection).await.context("the sequencer cannot give positions")?
                {
                    self.grown.send_replace(());
                }
                bell.wait().await.context("the sequencer cannot listen")?;
            }
        };
        match cancellation.run_until_cancelled(work).await {
            // The turn goes with the connection.
            None => Ok(connection.close().await?),
            Some(ended) => ended,
        }
    }
}

/// Whether the sequencer of this connection is the one that works, from now until the connection ends.
async fn take_turn(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    query_scalar("select pg_try_advisory_lock(hashtextextended(current_schema() || '.sequencer', 0))")
        .fetch_one(connection)
        .await
}

/// Gives positions to a batch of events; says whether there were any.
async fn place(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let waiting: bool = query_scalar("select exists (select from outbox where position is null)")
        .fetch_one(&mut *connection)
        .await?;
    if !waiting {
        return Ok(false);
    }
    let mut transaction = connection.begin().await?;
    // The turn makes two sequencers at once unlikely; this lock makes them harmless. It is a statement of its own, so
    // that the next one sees all that was committed before it was given. Readers are woken by the commit.
    query("select pg_notify(current_schema() || $1, '') from feed for update")
        .bind(bell::FEED)
        .execute(&mut *transaction)
        .await?;
    let placed: i64 = query_scalar(
        "with ready as (
             select event_id, row_number() over (order by event_id) as nth
             from (select event_id from outbox where position is null order by event_id limit $1) as waiting
         ), placed as (
             update outbox set position = feed.position + ready.nth
             from ready, feed
             where outbox.event_id = ready.event_id
             returning 1
         ), grown as (
             update feed set position = position + (select count(*) from placed)
         )
         select count(*) from placed",
    )
    .bind(BATCH)
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(placed > 0)
}
