//! Work that goes on beside the calls: it begins again after a failure, and ends when the service does.

use std::{future::Future, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a task rests after a failure.
const REST: Duration = Duration::from_secs(1);

/// The background tasks of a service.
#[derive(Clone, Default)]
pub struct Background {
    cancellation: CancellationToken,
    tasks: TaskTracker,
}

impl Background {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the service ends. Long answers watch it too, so that they do not hold up the end.
    pub fn cancellation(&self) -> CancellationToken {
        self.cancellation.clone()
    }

    /// Starts a task. It ends when it returns `Ok`; after an error or a panic it is made anew, a second later.
    pub fn spawn<F>(&self, name: &'static str, mut task: impl FnMut(CancellationToken) -> F + Send + 'static)
    where
        F: Future<Output = Result<(), anyhow::Error>> + Send + 'static,
    {
        let cancellation = self.cancellation();
        self.tasks.spawn(async move {
            while !cancellation.is_cancelled() {
                // A task of its own, so that a panic ends only this attempt.
                let attempt = tokio::spawn(task(cancellation.clone())).await.map_err(anyhow::Error::from);
                let Err(error) = attempt.flatten() else { return };
                tracing::error!(
                    task = name,
                    error = format!("{error:#}"),
                    "a background task failed; it begins again"
                );
                cancellation.run_until_cancelled(tokio::time::sleep(REST)).await;
            }
        });
    }

    /// Tells every task to end, and waits until all have.
    pub async fn stop(&self) {
        self.cancellation.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
