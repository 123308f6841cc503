//! Waking up: by NOTIFY, and at the latest after a second, because a notification can be lost with its connection.

use std::time::Duration;

use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
    query_scalar,
};
use tokio::time::timeout;

/// How long a sleeper sleeps at most.
pub(crate) const SLEEP_MAX: Duration = Duration::from_secs(1);

/// Rung when a transaction says something. Channels are shared by the schemas of a database, hence the names.
pub(crate) const OUTBOX: &str = ".outbox";

/// Rung when the sequencer has given positions.
pub(crate) const FEED: &str = ".feed";

/// Listens to one channel of the service's schema.
pub(crate) struct Bell(PgListener);

impl Bell {
    pub(crate) async fn hang(pool: &PgPool, channel: &str) -> Result<Self, sqlx::Error> {
        // A connection of its own: who waits for years must not take one from the calls.
        let own =
            PgPoolOptions::new().max_connections(1).connect_lazy_with((*pool.connect_options()).clone());
        let schema: String = query_scalar("select current_schema()").fetch_one(&own).await?;
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(&format!("{schema}{channel}")).await?;
        Ok(Self(listener))
    }

    /// Waits until it rings, or a second. What rang meanwhile is one ring.
    pub(crate) async fn wait(&mut self) -> Result<(), sqlx::Error> {
        if let Ok(rung) = timeout(SLEEP_MAX, self.0.try_recv()).await {
            rung?;
        }
        while self.0.next_buffered().is_some() {}
        Ok(())
    }
}
