//! The work beside the calls. Each worker claims something in a transaction, does it, and records it in the same
//! transaction: a worker that is killed leaves nothing half-done, and its claim ends with its connection.

mod bell;
mod changed_drafts;
mod check_drafts;
mod draw_down;
mod give_back;
mod held;
mod issuing;
mod rate_accounts;
mod rate_again;
mod rating;
pub mod rendering;
mod settle;
mod stale_drafts;
mod take_back;
mod tax_engine;
mod taxing;

use chassis::{background::Background, clock::Clock, failure::Failure};
use refusal::Class;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

pub use bell::Bell;
pub use changed_drafts::remove_changed;
pub use draw_down::{WalletBill, draw_down, record_activities};
pub use rate_accounts::rate_accounts;
pub use rate_again::{rate_again, review_again, sign_anew};
pub use tax_engine::{TaxEngineUrlError, TaxEngines};
pub use taxing::Taxing;

use bell::Listener;

/// How many shards this process rates at once.
const RATERS: usize = 2;

/// Starts the workers of this process.
pub fn begin(background: &Background, pool: &PgPool, clock: &Clock, engines: &TaxEngines) -> Bell {
    let bell = Bell::new();
    let (pool, clock, tax_engines) = (pool.clone(), clock.clone(), engines.clone());
    let worker = Worker { pool, clock, bell: bell.clone(), tax_engines };
    for _ in 0..RATERS {
        let worker = worker.clone();
        background.spawn("rating", move |cancellation| {
            worker.clone().until(worker.bell.listener(), cancellation, rating::step)
        });
    }
    background.spawn("issuing", {
        let worker = worker.clone();
        move |cancellation| worker.clone().until(worker.bell.listener(), cancellation, issuing::step)
    });
    background.spawn("rendering", move |cancellation| {
        worker.clone().until(worker.bell.printer(), cancellation, rendering::step)
    });
    bell
}

/// What a worker works with.
#[derive(Clone)]
struct Worker {
    pool: PgPool,
    clock: Clock,
    bell: Bell,
    tax_engines: TaxEngines,
}

impl Worker {
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
