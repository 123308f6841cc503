//! What changed after a run had seen its inputs.

use std::collections::HashSet;

use chassis::failure::Failure;
use ids::{AccountId, InvoiceId, OrderId, RunId};
use invoicing_domain::billing_run::BillingRun;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{input_change::Cause, written::Written};

/// A run sees everything that is committed now.
pub async fn snapshot(connection: &mut PgConnection) -> Result<String, Failure> {
    let snapshot = sqlx::query_scalar!("select pg_current_snapshot()::text as \"snapshot!\"");
    Ok(snapshot.fetch_one(connection).await?)
}

/// The accounts of the run after one of them, by id, with an input that changed and that the run has not seen.
pub async fn accounts(
    connection: &mut PgConnection,
    run: RunId,
    after: Option<Uuid>,
    limit: Option<i64>,
) -> Result<Vec<(AccountId, Vec<Cause>)>, Failure> {
    let rows = sqlx::query_file!("src/store/sql/stale_accounts.sql", run.uuid(), after, limit)
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| {
            let causes = row.causes.iter().map(|cause| Cause::read(cause)).collect::<Result<_, _>>()?;
            Ok((AccountId::from_uuid(row.account_id), causes))
        })
        .collect()
}

/// Those of the accounts with delivery that the run has not seen. All else is as it is when drafts are made.
pub async fn delivered_later(
    connection: &mut PgConnection,
    run: RunId,
    accounts: &[Uuid],
) -> Result<HashSet<AccountId>, Failure> {
    let found = sqlx::query_scalar!(
        "select distinct c.account_id
           from billing_run r
           join input_change c on c.xid >= pg_snapshot_xmin(r.snapshot) and not pg_visible_in_snapshot(c.xid, r.snapshot)
          where r.run_id = $1 and c.account_id = any($2) and c.cause = 'DELIVERY'",
        run.uuid(),
        accounts
    );
    Ok(found.fetch_all(connection).await?.into_iter().map(AccountId::from_uuid).collect())
}

/// The drafts of a run in review that do not know something that came since it was last [`said`], while no exception tells of it:
/// account, first order, draft.
pub async fn drafts(
    connection: &mut PgConnection,
    run: RunId,
) -> Result<Vec<(AccountId, OrderId, InvoiceId)>, Failure> {
    let rows = sqlx::query_file!("src/store/sql/stale_drafts.sql", run.uuid()).fetch_all(connection).await?;
    let draft = |(account, order, invoice)| {
        (AccountId::from_uuid(account), OrderId::from_uuid(order), InvoiceId::from_uuid(invoice))
    };
    Ok(rows.into_iter().map(|row| draft((row.account_id, row.order_id, row.invoice_id))).collect())
}

/// A draft whose account has an input that came after its run was approved.
#[derive(Clone, Debug)]
pub struct Late {
    pub account: AccountId,
    /// The first that it bills.
    pub order: OrderId,
    pub invoice: InvoiceId,
    /// Of what money follows.
    pub digest: Vec<u8>,
}

/// The drafts that a run is still to issue and that have an input which came after it was approved, or after somebody last
/// [`looked`], and which nobody has accepted; in the order of their accounts.
pub async fn after_approval(connection: &mut PgConnection, run: RunId) -> Result<Vec<Late>, Failure> {
    let rows =
        sqlx::query_file!("src/store/sql/after_approval.sql", run.uuid()).fetch_all(connection).await?;
    let late = rows.into_iter().map(|row| Late {
        account: AccountId::from_uuid(row.account_id),
        order: OrderId::from_uuid(row.order_id),
        invoice: InvoiceId::from_uuid(row.invoice_id),
        digest: row.digest,
    });
    Ok(late.collect())
}

/// The drafts that a run is still to issue stand as approved beside all that `snapshot` has. The run is locked.
pub async fn looked(connection: &mut PgConnection, run: RunId, snapshot: &str) -> Result<(), Failure> {
    sqlx::query!(
        "update billing_run set approved_seen = $2::text::pg_snapshot where run_id = $1",
        run.uuid(),
        snapshot
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The drafts of a run that is locked say all that `snapshot` has.
pub async fn said(connection: &mut PgConnection, run: RunId, snapshot: &str) -> Result<(), Failure> {
    sqlx::query!(
        "update billing_run set stale_said = $2::text::pg_snapshot where run_id = $1",
        run.uuid(),
        snapshot
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The run sees everything that this transaction sees. For looking ahead in a transaction that is rolled back.
pub async fn look_ahead(connection: &mut PgConnection, run: RunId) -> Result<(), Failure> {
    sqlx::query!("update billing_run set snapshot = pg_current_snapshot() where run_id = $1", run.uuid())
        .execute(connection)
        .await?;
    Ok(())
}

/// From now on the run has seen what `snapshot` has, once the stale accounts are rated again: their drafts are gone, and
/// a portion of its own is to be rated for each so many of them.
pub async fn refresh(
    connection: &mut PgConnection,
    run: &BillingRun,
    snapshot: &str,
    shards: &[Vec<AccountId>],
) -> Result<(), Failure> {
    sqlx::query!(
        "update billing_run
            set snapshot = $2::text::pg_snapshot, stale_said = null, approved_seen = $2::text::pg_snapshot
          where run_id = $1",
        run.id.uuid(),
        snapshot
    )
    .execute(&mut *connection)
    .await?;
    let accounts: Vec<Uuid> = shards.iter().flatten().map(|account| account.uuid()).collect();
    if accounts.is_empty() {
        return Ok(());
    }
    super::review::supersede(connection, run.id, &accounts).await?;
    super::billing_run::insert_shards(connection, run.id, shards).await?;
    Ok(())
}
