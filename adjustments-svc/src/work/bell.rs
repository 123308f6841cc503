//! Rung when there is work. Who sleeps through it wakes up by himself a second later: another replica may have rung.

use std::time::Duration;

use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

/// How long a worker sleeps at most.
const SLEEP_MAX: Duration = Duration::from_secs(1);

/// Wakes the workers of this process.
#[derive(Clone, Debug)]
pub struct Bell(watch::Sender<()>);

impl Bell {
    /// A bell that nobody waits for yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(()))
    }

    /// There is work.
    pub fn ring(&self) {
        self.0.send_replace(());
    }

    /// Someone who listens from now on.
    pub fn listener(&self) -> Listener {
        Listener(self.0.subscribe())
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
