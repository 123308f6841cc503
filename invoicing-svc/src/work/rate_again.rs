//! What was settled or edited in a run that is reviewed takes effect at once: in the transaction that settles it.

use chassis::failure::{Failure, OrRefuse};
use evidence_log::{leaf_hash, root};
use ids::{AccountId, RunId};
use invoicing_domain::billing_run::{self as domain, BillingRun, Root};
use jiff::Timestamp;
use sqlx::PgConnection;

use super::{rate_accounts::rate_accounts, rating::record};
use crate::store::{self, claim::Shard};

/// The root over the drafts of a run that wait for nothing: what an approval signs. It is kept, so that an approval that
/// comes after the next change still knows what it signed.
pub async fn drafts_root(connection: &mut PgConnection, run: RunId) -> Result<Root, Failure> {
    let digests = store::draft::digests(connection, run).await?;
    let root = root(digests.iter().map(|digest| leaf_hash(digest)));
    store::review::record(connection, run, &root).await?;
    Ok(root)
}

/// Other drafts wait than before, or they changed: another root is to be signed.
pub async fn review_again(connection: &mut PgConnection, run: &BillingRun) -> Result<BillingRun, Failure> {
    let root = drafts_root(connection, run.id).await?;
    let run = domain::reviewed_again(run, root).or_refuse()?;
    store::billing_run::record(connection, run).await
}

/// Rates one account of a run that is reviewed, after something of it was settled or edited. Delivery that came after
/// `data_as_of` stays for a refresh. The run is locked.
pub async fn rate_again(
    connection: &mut PgConnection,
    run: &BillingRun,
    account: AccountId,
    at: Timestamp,
) -> Result<BillingRun, Failure> {
    store::review::supersede(connection, run.id, &[account.uuid()]).await?;
    let number = store::billing_run::insert_shards(connection, run.id, &[vec![account]]).await?;
    let shard = Shard { run: run.id, number, accounts: vec![account] };
    let entity = store::billing_entity::get(connection, run.entity, None).await?;
    let today = entity.zone.day_of(at);
    let rated = rate_accounts(connection, (run, &entity), &shard.accounts, today).await?;
    record(connection, run, &shard, rated, (at, today)).await?;
    store::claim::shard_rated(connection, &shard, at).await?;
    review_again(connection, run).await
}
