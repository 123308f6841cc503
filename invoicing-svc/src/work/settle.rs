//! Agreements are settled and ad credits are used when everything that they follow from is rated: their accounts are rated
//! once more.

use chassis::failure::Failure;
use ids::AccountId;
use invoicing_domain::billing_run::BillingRun;
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{rate_accounts::rate_accounts, rating::record, tax_engine::TaxEngines};
use crate::store::{self, claim::Shard, rating_input::Settles};

/// How many accounts are in memory at once.
pub(super) const ACCOUNTS_AT_ONCE: usize = 200;

/// Settles the agreements whose term is over, and uses the credits that hold. The run is locked, and its shards are rated.
pub async fn settle(
    connection: &mut PgConnection,
    run: &BillingRun,
    at: Timestamp,
    engines: &TaxEngines,
) -> Result<(), Failure> {
    let today = store::billing_entity::get(connection, run.entity, None).await?.zone.day_of(at);
    let mut accounts = store::agreement::billed_by(connection, run).await?;
    accounts.extend(store::ad_credit::accounts(connection, run, today).await?);
    accounts.sort();
    accounts.dedup();
    for accounts in accounts.chunks(ACCOUNTS_AT_ONCE) {
        rate_with(connection, run, accounts, (Settles::OfRun { today }, at), engines).await?;
    }
    Ok(())
}

/// Rates accounts as a portion of their own, in place of what the run has of them.
pub async fn rate_with(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[AccountId],
    (settles, at): (Settles, Timestamp),
    engines: &TaxEngines,
) -> Result<(), Failure> {
    // What comes while the accounts are read may be in their drafts or not: they are stale then, to be on the safe side.
    let seen = store::stale::snapshot(connection).await?;
    let entity = store::billing_entity::get(connection, run.entity, None).await?;
    let today = entity.zone.day_of(at);
    let rated = rate_accounts(connection, (run, &entity), accounts, (today, settles), engines).await?;
    let drafted: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    store::review::supersede(connection, run.id, &drafted).await?;
    let number = store::billing_run::insert_shards(connection, run.id, &[accounts.to_vec()]).await?;
    let shard = Shard { run: run.id, number, accounts: accounts.to_vec() };
    record(connection, run, &shard, (rated, &seen), (at, today)).await?;
    store::claim::shard_rated(connection, &shard, at).await
}
