//! Rung when there is work. Who sleeps through it wakes up by himself a second later: another replica may have rung.

use std::time::Duration;

use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

/// How long a worker sleeps at most.
const SLEEP_MAX: Duration = Duration::from_secs(1);

/// Wakes the workers of this process.
#[derive(Clone, Debug)]
pub struct Bell {
    everyone: watch::Sender<()>,
    executors: watch::Sender<()>,
}

impl Bell {
    /// A bell that nobody waits for yet.
    pub fn new() -> Self {
        Self { everyone: watch::Sender::new(()), executors: watch::Sender::new(()) }
    }

    /// There is work.
    pub fn ring(&self) {
        self.everyone.send_replace(());
        self.ring_executors();
    }

    /// There is an adjustment to execute, and nothing else to do.
    pub fn ring_executors(&self) {
        self.executors.send_replace(());
    }

    /// Someone who listens from now on.
    pub fn listener(&self) -> Listener {
        Listener(self.everyone.subscribe())
    }

    /// An executor, who listens from now on.
    pub fn executor(&self) -> Listener {
        Listener(self.executors.subscribe())
    }
}

/// A worker's ear.
#[derive(Debug)]
pub struct Listener(watch::Receiver<()>);

impl Listener {
    /// Waits for the bell, or a second, or the end of the service.
    pub async fn wait(&mut self, cancellation: &CancellationToken) {
        cancellation.run_until_cancelled(timeout(SLEEP_MAX, self.0.changed())).await;
    }
}
