//! Tells those who want to be told of what has happened: at least once each, and patiently.

mod mail;
mod webhook;

use adjustments_domain::subscription::{Channel, next_attempt};
use chassis::failure::Failure;

use super::Worker;
use crate::store::notification as store;

/// Tells one of one event, or notes who is to be told of what is new. False: there is neither.
pub(super) async fn step(worker: &Worker) -> Result<bool, Failure> {
    Ok(tell(worker).await? || spread(worker).await?)
}

/// Notes what of the feed is to be told to whom. False: there is nothing new.
async fn spread(worker: &Worker) -> Result<bool, Failure> {
    let mut transaction = worker.pool.begin().await?;
    let some = store::spread(&mut transaction, worker.clock.now()).await?;
    transaction.commit().await?;
    Ok(some)
}

/// Tells one of one event. False: there is nobody to tell.
async fn tell(worker: &Worker) -> Result<bool, Failure> {
    let now = worker.clock.now();
    let mut transaction = worker.pool.begin().await?;
    let Some(notification) = store::claim(&mut transaction, now).await? else { return Ok(false) };
    let told = match &notification.channel {
        Channel::Webhook { url, host, secret } => {
            webhook::post((url, host), secret, &notification, now).await
        }
        Channel::Mail { address } => mail::write(&worker.notifications, address, &notification).await,
    };
    match told {
        Ok(()) => store::record_told(&mut transaction, &notification, now).await?,
        Err(why) => {
            let (subscription, position) = (notification.subscription, notification.position);
            tracing::warn!(%subscription, position, why, "a subscriber is not told yet");
            let again = next_attempt(notification.attempts.saturating_add(1), notification.due, now);
            store::record_failure(&mut transaction, &notification, (&why, again)).await?;
        }
    }
    transaction.commit().await?;
    Ok(true)
}
