//! What workers claim of billing runs. The row lock is the claim: it ends with the transaction, and so with the worker.

use chassis::failure::Failure;
use ids::{AccountId, RunId};
use invoicing_domain::billing_run::BillingRun;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::billing_run::get;

/// Accounts that a worker rates in one transaction.
#[derive(Clone, Debug)]
pub struct Shard {
    pub run: RunId,
    pub number: i32,
    pub accounts: Vec<AccountId>,
}

/// Claims a run that nobody has begun to rate, until the transaction ends.
pub async fn claim_created(connection: &mut PgConnection) -> Result<Option<BillingRun>, Failure> {
    let claimed = sqlx::query_scalar!(
        "select run_id from billing_run where state = 'CREATED' order by run_id limit 1 for update skip locked"
    )
    .fetch_optional(&mut *connection)
    .await?;
    found(connection, claimed).await
}

/// Claims a shard that is not rated yet. The run is held in its state meanwhile, so that a cancellation waits for the
/// shard.
pub async fn claim_shard(connection: &mut PgConnection) -> Result<Option<Shard>, Failure> {
    let claimed = sqlx::query!(
        "select s.run_id, s.shard, s.accounts
           from billing_run_shard s join billing_run r using (run_id)
          where r.state = 'RATING' and s.rated_at is null
          order by s.run_id, s.shard limit 1
            for update of s skip locked for share of r skip locked"
    )
    .fetch_optional(connection)
    .await?;
    Ok(claimed.map(|row| Shard {
        run: RunId::from_uuid(row.run_id),
        number: row.shard,
        accounts: row.accounts.into_iter().map(AccountId::from_uuid).collect(),
    }))
}

/// Marks a claimed shard as rated.
pub async fn shard_rated(connection: &mut PgConnection, shard: &Shard, at: Timestamp) -> Result<(), Failure> {
    sqlx::query!(
        "update billing_run_shard set rated_at = $3 where run_id = $1 and shard = $2",
        shard.run.uuid(),
        shard.number,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Claims a run whose shards are all rated.
pub async fn claim_rated(connection: &mut PgConnection) -> Result<Option<BillingRun>, Failure> {
    let claimed = sqlx::query_scalar!(
        "select run_id from billing_run r
          where state = 'RATING'
            and not exists (select from billing_run_shard s where s.run_id = r.run_id and rated_at is null)
          order by run_id limit 1 for update skip locked"
    )
    .fetch_optional(&mut *connection)
    .await?;
    found(connection, claimed).await
}

/// Claims a run that is to be issued, out of those after one of them.
pub async fn claim_issuing(
    connection: &mut PgConnection,
    after: Option<RunId>,
) -> Result<Option<BillingRun>, Failure> {
    let claimed = sqlx::query_scalar!(
        "select run_id from billing_run where state = 'ISSUING' and ($1::uuid is null or run_id > $1)
          order by run_id limit 1 for update skip locked",
        after.map(RunId::uuid)
    )
    .fetch_optional(&mut *connection)
    .await?;
    found(connection, claimed).await
}

/// Claims a run in review with an input that came after somebody last looked, where its entity wants to hear of it.
pub async fn claim_stale(connection: &mut PgConnection) -> Result<Option<BillingRun>, Failure> {
    let claimed = sqlx::query_file_scalar!("src/store/sql/claim_stale_run.sql")
        .fetch_optional(&mut *connection)
        .await?;
    found(connection, claimed).await
}

async fn found(connection: &mut PgConnection, id: Option<Uuid>) -> Result<Option<BillingRun>, Failure> {
    match id {
        Some(id) => get(connection, RunId::from_uuid(id), None).await.map(Some),
        None => Ok(None),
    }
}
