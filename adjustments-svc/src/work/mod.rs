//! The work beside the calls. A worker claims one thing in a transaction and records what becomes of it in the same one; a
//! worker that is killed leaves nothing half-done, and its claim ends with its connection.

mod bell;
mod change;
mod deadlines;
mod escalate;
mod execute;
mod follow;
mod hear;
mod improve;
mod notify;
mod propose;
mod refund;
mod sign_off;
mod tell;
mod territory;

use chassis::{background::Background, clock::Clock, failure::Failure};
use refusal::Class;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

pub use bell::Bell;
pub use follow::follow;

use bell::Listener;
use hear::Ear;

use crate::{configuration::Notifications, invoicing::Invoicing, rpc::Policies};

/// How many adjustments this process executes at once.
const EXECUTORS: usize = 2;

/// Starts the workers of this process.
pub fn begin(background: &Background, worker: Worker) -> Bell {
    let bell = worker.bell.clone();
    for _ in 0..EXECUTORS {
        let worker = worker.clone();
        background.spawn("executing", move |cancellation| {
            worker.clone().until(worker.bell.executor(), cancellation, execute::step)
        });
    }
    macro_rules! spawn {
        ($worker:expr, $($name:literal: $step:path),* $(,)?) => { $(
            background.spawn($name, {
                let worker = $worker.clone();
                move |cancellation| worker.clone().until(worker.bell.listener(), cancellation, $step)
            });
        )* };
    }
    spawn!(worker, "changing": change::step, "refunding": refund::step, "signing": sign_off::step, "telling": tell::step);
    // What only time brings about is looked for every second: nobody rings for it.
    let by_the_clock = Worker { bell: Bell::new(), ..worker.clone() };
    spawn!(
        by_the_clock,
        "deadlines": deadlines::step,
        "escalating": escalate::step,
        "improving": improve::step,
        "notifying": notify::step,
    );
    for (name, ear) in [("hearing", Ear::Requests), ("hearing of territories", Ear::Territories)] {
        let worker = worker.clone();
        background.spawn(name, move |cancellation| hear::hear(worker.clone(), ear, cancellation));
    }
    bell
}

/// What a worker works with.
#[derive(Clone)]
pub struct Worker {
    pool: PgPool,
    clock: Clock,
    bell: Bell,
    invoicing: Invoicing,
    policies: Policies,
    notifications: Notifications,
}

impl Worker {
    /// What a worker needs, with a bell that wakes all of them.
    pub fn new(
        pool: &PgPool,
        clock: &Clock,
        invoicing: &Invoicing,
        policies: &Policies,
        notifications: &Notifications,
    ) -> Self {
        Self {
            pool: pool.clone(),
            clock: clock.clone(),
            bell: Bell::new(),
            invoicing: invoicing.clone(),
            policies: policies.clone(),
            notifications: notifications.clone(),
        }
    }

    /// Takes step after step while there is something to do, and waits for the bell when there is not.
    async fn until<S>(
        self,
        mut bell: Listener,
        cancellation: CancellationToken,
        step: S,
    ) -> Result<(), anyhow::Error>
    where
        S: AsyncFn(&Worker) -> Result<bool, Failure>,
    {
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
