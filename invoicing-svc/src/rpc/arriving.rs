//! Streams that arrive. Each holds a connection of the database until its end, so there is room for a few at once, and
//! none may stand still for long.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use futures::{Stream, StreamExt};
use invoicing_domain::delivery::DeliveryRefusal;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tonic::Status;

/// How many batches arrive at once: most connections stay with the calls that are short.
const IMPORTS_MAX: usize = 4;

/// How long a stream may stand still.
pub const STALL_MAX: Duration = Duration::from_secs(60);

/// The room for the batches that arrive.
#[derive(Clone)]
pub struct Arrivals(Arc<Semaphore>);

impl Arrivals {
    /// Nothing arrives yet.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(IMPORTS_MAX)))
    }

    /// Room for one batch, until it is dropped.
    pub fn begin(&self) -> Result<OwnedSemaphorePermit, DeliveryRefusal> {
        let refused = DeliveryRefusal::TooManyImports { imports_max: IMPORTS_MAX };
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| refused)
    }
}

/// The next message, or `None` at the end. A stream that is broken is refused, and one from which nothing comes for
/// `stall_max`.
pub async fn next<T>(
    stream: &mut (impl Stream<Item = Result<T, Status>> + Unpin),
    stall_max: Duration,
) -> Result<Option<T>, DeliveryRefusal> {
    match timeout(stall_max, stream.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(message))) => Ok(Some(message)),
        Ok(Some(Err(broken))) => Err(DeliveryRefusal::StreamBroken { problem: broken.message().to_owned() }),
        Err(_) => Err(DeliveryRefusal::StreamStalled { seconds: stall_max.as_secs() }),
    }
}
