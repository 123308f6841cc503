//! What time does to requests.

use adjustments_domain::approval::tick;
use chassis::failure::Failure;

use super::{Worker, follow::happen};
use crate::store::approval as store;

/// Does what is due to one request. False: nothing is due.
pub(super) async fn step(worker: &Worker) -> Result<bool, Failure> {
    let now = worker.clock.now();
    let mut transaction = worker.pool.begin().await?;
    let Some(id) = store::claim_due(&mut transaction, now).await? else { return Ok(false) };
    let request = store::get(&mut transaction, id, None).await?;
    let events = tick(&request, now);
    happen(&mut transaction, request, &events, now).await?;
    transaction.commit().await?;
    Ok(true)
}
