//! Tells the manager of an owner what is late. It ends nothing.

use adjustments_domain::{customer_case, dispute};
use anyhow::Context;
use chassis::failure::Failure;
use outbox::{Voice, say};

use super::Worker;
use crate::{
    store::{self, person},
    wire::fact,
};

/// Tells of one dispute or case. False: none is late.
pub(super) async fn step(worker: &Worker) -> Result<bool, Failure> {
    Ok(of_dispute(worker).await? || of_case(worker).await?)
}

async fn of_dispute(worker: &Worker) -> Result<bool, Failure> {
    let now = worker.clock.now();
    let mut transaction = worker.pool.begin().await?;
    let Some(late) = store::dispute::claim_late(&mut transaction, now).await? else { return Ok(false) };
    let found = store::dispute::get(&mut transaction, late, None).await?.dispute;
    let directory = person::directory(&mut transaction).await?;
    let told =
        dispute::escalate(&found, &directory, now).context("a dispute was claimed that is not late")?;
    let told = store::dispute::record(&mut transaction, told).await?;
    let fact = fact::dispute("billing.adjustments.v1.dispute.escalated", &told);
    say(&mut transaction, &Voice::system("", now), vec![fact]).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn of_case(worker: &Worker) -> Result<bool, Failure> {
    let now = worker.clock.now();
    let mut transaction = worker.pool.begin().await?;
    let Some(late) = store::customer_case::claim_late(&mut transaction, now).await? else { return Ok(false) };
    let found = store::customer_case::get(&mut transaction, late, None).await?;
    let directory = person::directory(&mut transaction).await?;
    let told =
        customer_case::escalate(&found, &directory, now).context("a case was claimed that is not late")?;
    let told = store::customer_case::record(&mut transaction, told).await?;
    let fact = fact::case("billing.adjustments.v1.case.escalated", &told);
    say(&mut transaction, &Voice::system("", now), vec![fact]).await?;
    transaction.commit().await?;
    Ok(true)
}
