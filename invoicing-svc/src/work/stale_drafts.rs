//! Says of the drafts of a run in review that something came which they do not know. What a refresh takes in is no longer
//! said.

use chassis::failure::Failure;
use ids::{AccountId, InvoiceId, OrderId};
use invoicing_domain::{billing_run::BillingRun, exception::Finding};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Worker, rate_again::review_again, rating::fail};
use crate::store::{self, exception::Exception};

/// Says it of one run, once for all that came since it was last said. False: nothing came.
pub async fn step(worker: &Worker) -> Result<bool, Failure> {
    let mut transaction = worker.pool.begin().await?;
    let Some(run) = store::claim::claim_stale(&mut transaction).await? else { return Ok(false) };
    match tell(&mut transaction, &run, worker).await {
        Ok(()) => transaction.commit().await?,
        Err(Failure::Refused(passing)) => return Err(passing.into()),
        Err(Failure::Fault(fault)) => {
            transaction.rollback().await?;
            fail(worker, run.id, &fault).await?;
        }
    }
    Ok(true)
}

/// The snapshot comes first: what comes after it is said the next time, whether it was found now or not.
async fn tell(connection: &mut PgConnection, run: &BillingRun, worker: &Worker) -> Result<(), Failure> {
    let snapshot = store::stale::snapshot(connection).await?;
    let severities = store::check_severity::of(connection, run.entity).await?;
    // Switched off since the run was claimed: it is said as soon as it is switched on again.
    let Some(severity) = severities.severity(&Finding::StaleInput) else { return Ok(()) };
    let drafts = store::stale::drafts(connection, run.id).await?;
    store::stale::said(connection, run.id, &snapshot).await?;
    if drafts.is_empty() {
        return Ok(());
    }
    let stale = |(account, order, invoice): &(AccountId, OrderId, InvoiceId)| {
        Exception::found((*account, *order), Some(*invoice), (&Finding::StaleInput, severity))
    };
    let found: Vec<Exception> = drafts.iter().map(stale).collect();
    let at = worker.clock.now();
    let today = store::billing_entity::get(connection, run.entity, None).await?.zone.day_of(at);
    store::exception::reopen(connection, run.id, &found).await?;
    let portion = store::exception::next_portion(connection, run.id).await?;
    // Of no account it is all that was found.
    let when = (at, today);
    let waiting = store::exception::record(connection, run, (portion, &[]), &found, when).await?;
    if !waiting.is_empty() {
        let accounts: Vec<Uuid> = drafts.iter().map(|(account, _, _)| account.uuid()).collect();
        let waiting: Vec<Uuid> = waiting.into_iter().collect();
        store::draft::wait(connection, run.id, &accounts, &waiting).await?;
        review_again(connection, run, at, &worker.tax_engines).await?;
    }
    Ok(())
}
