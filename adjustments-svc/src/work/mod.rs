//! The work beside the calls: what time does to requests. A worker claims one in a transaction and records what becomes of
//! it in the same one; a worker that is killed leaves nothing half-done.

use std::time::Duration;

use adjustments_domain::approval::{Event, evolve, tick};
use chassis::{background::Background, clock::Clock, failure::Failure};
use outbox::{Voice, say};
use refusal::Class;
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    store::approval::{self as store, NewDecisions},
    wire::fact,
};

/// How long the worker rests when nothing is due.
const REST: Duration = Duration::from_secs(1);

/// Starts the worker of this process.
pub fn begin(background: &Background, pool: &PgPool, clock: &Clock) {
    let (pool, clock) = (pool.clone(), clock.clone());
    background.spawn("deadlines", move |cancellation| watch(pool.clone(), clock.clone(), cancellation));
}

async fn watch(pool: PgPool, clock: Clock, cancellation: CancellationToken) -> Result<(), anyhow::Error> {
    while !cancellation.is_cancelled() {
        match step(&pool, &clock).await {
            Ok(true) => continue,
            Ok(false) => {}
            // The database is away, or two wanted the same: what goes away by itself is tried again.
            Err(Failure::Refused(passing)) if passing.class == Class::Unavailable => {}
            Err(failure) => return Err(failure.into()),
        }
        cancellation.run_until_cancelled(sleep(REST)).await;
    }
    Ok(())
}

/// Does what is due to one request. False: nothing is due.
async fn step(pool: &PgPool, clock: &Clock) -> Result<bool, Failure> {
    let now = clock.now();
    let mut transaction = pool.begin().await?;
    let Some(id) = store::claim_due(&mut transaction, now).await? else { return Ok(false) };
    let request = store::get(&mut transaction, id, None).await?;
    let events = tick(&request, now);
    let after = events.iter().fold(request, |request, event: &Event| evolve(&request, event));
    let none = NewDecisions { before: after.decisions.len(), new: &[] };
    let recorded = store::record(&mut transaction, after, none, now).await?;
    let facts = events.iter().map(|event| fact::approval(event, &recorded)).collect();
    say(&mut transaction, &Voice::system("", now), facts).await?;
    transaction.commit().await?;
    Ok(true)
}
