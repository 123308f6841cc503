//! The work beside the calls. A worker claims one thing in a transaction and records what becomes of it in the same one; a
//! worker that is killed leaves nothing half-done, and its claim ends with its connection.

mod bell;
mod deadlines;
mod execute;
mod follow;
mod hear;
mod sign_off;

use chassis::{background::Background, clock::Clock, failure::Failure};
use refusal::Class;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

pub use bell::Bell;
pub use follow::follow;

use crate::{invoicing::Invoicing, rpc::Policies};

/// How many adjustments this process executes at once.
const EXECUTORS: usize = 2;

/// Starts the workers of this process.
pub fn begin(
    background: &Background,
    pool: &PgPool,
    clock: &Clock,
    invoicing: &Invoicing,
    policies: &Policies,
) -> Bell {
    let bell = Bell::new();
    let (pool, clock, invoicing, policies) =
        (pool.clone(), clock.clone(), invoicing.clone(), policies.clone());
    let worker = Worker { pool, clock, bell: bell.clone(), invoicing, policies };
    for _ in 0..EXECUTORS {
        let worker = worker.clone();
        background.spawn("executing", move |cancellation| worker.clone().until(cancellation, execute::step));
    }
    background.spawn("deadlines", {
        let worker = worker.clone();
        move |cancellation| worker.clone().until(cancellation, deadlines::step)
    });
    background.spawn("signing", {
        let worker = worker.clone();
        move |cancellation| worker.clone().until(cancellation, sign_off::step)
    });
    background.spawn("hearing", move |cancellation| hear::hear(worker.clone(), cancellation));
    bell
}

/// What a worker works with.
#[derive(Clone)]
struct Worker {
    pool: PgPool,
    clock: Clock,
    bell: Bell,
    invoicing: Invoicing,
    policies: Policies,
}

impl Worker {
    /// Takes step after step while there is something to do, and waits for the bell when there is not.
    async fn until<S>(self, cancellation: CancellationToken, step: S) -> Result<(), anyhow::Error>
    where
        S: AsyncFn(&Worker) -> Result<bool, Failure>,
    {
        let mut bell = self.bell.listener();
        while !cancellation.is_cancelled() {
            match step(&self).await {
                Ok(true) => {}
                Ok(false) => bell.wait(&cancellation).await,
                // The database is away, or two wanted the same: what goes away by itself is tried again.
                Err(Failure::Refused(passing)) if passing.class == Class::Unavailable => {
                    bell.wait(&cancellation).await
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(())
    }
}
