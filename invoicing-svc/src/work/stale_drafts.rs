//! Says of the drafts of a run in review that something came which they do not know. What a refresh takes in is no longer
//! said.

use chassis::failure::Failure;
use ids::{AccountId, InvoiceId, OrderId};
use invoicing_domain::exception::Finding;
use uuid::Uuid;

use super::{Worker, rate_again::review_again};
use crate::store::{self, exception::Exception};

/// Says it of one run. False: there is nothing to be said.
pub async fn step(worker: &Worker) -> Result<bool, Failure> {
    let mut transaction = worker.pool.begin().await?;
    let Some(run) = store::claim::claim_stale(&mut transaction).await? else { return Ok(false) };
    let severities = store::check_severity::of(&mut transaction, run.entity).await?;
    let Some(severity) = severities.severity(&Finding::StaleInput) else { return Ok(false) };
    let drafts = store::stale::drafts(&mut transaction, run.id).await?;
    let stale = |(account, order, invoice): &(AccountId, OrderId, InvoiceId)| {
        Exception::found((*account, *order), Some(*invoice), (&Finding::StaleInput, severity))
    };
    let found: Vec<Exception> = drafts.iter().map(stale).collect();
    let at = worker.clock.now();
    let today = store::billing_entity::get(&mut transaction, run.entity, None).await?.zone.day_of(at);
    let portion = store::exception::next_portion(&mut transaction, run.id).await?;
    // Of no account it is all that was found.
    let when = (at, today);
    let waiting = store::exception::record(&mut transaction, &run, (portion, &[]), &found, when).await?;
    if !waiting.is_empty() {
        let accounts: Vec<Uuid> = drafts.iter().map(|(account, _, _)| account.uuid()).collect();
        let waiting: Vec<Uuid> = waiting.into_iter().collect();
        store::draft::wait(&mut transaction, run.id, &accounts, &waiting).await?;
        review_again(&mut transaction, &run, at, &worker.tax_engines).await?;
    }
    transaction.commit().await?;
    Ok(true)
}
