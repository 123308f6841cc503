//! Which accounts have other inputs of rating than before.

use chassis::failure::Failure;
use ids::{AccountId, EntityId, ProductId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::Written;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// What was sold.
    Order,
    /// What was delivered.
    Delivery,
    /// Account, product or billing entity.
    Reference,
    Tax,
    Adjustment,
}

crate::written! {
    Cause { Order "ORDER", Delivery "DELIVERY", Reference "REFERENCE", Tax "TAX", Adjustment "ADJUSTMENT" }
}

/// Says that the transaction changes inputs of these accounts, each of which may come more than once.
pub async fn record(
    connection: &mut PgConnection,
    accounts: &[AccountId],
    cause: Cause,
) -> Result<(), Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    sqlx::query!(
        "insert into input_change (account_id, cause) select distinct account, $2 from unnest($1::uuid[]) as account
         on conflict do nothing",
        &accounts,
        cause.text()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Says that the transaction changes a product: an input of every account that bought it.
pub async fn record_of_product(connection: &mut PgConnection, product: ProductId) -> Result<(), Failure> {
    sqlx::query!(
        "insert into input_change (account_id, cause)
         select distinct account_id, $2 from order_line where product_id = $1
         on conflict do nothing",
        product.uuid(),
        Cause::Reference.text()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Says that the transaction changes an entity: an input of every account that it bills.
pub async fn record_of_entity(
    connection: &mut PgConnection,
    entity: EntityId,
    cause: Cause,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into input_change (account_id, cause)
         select distinct account_id, $2 from insertion_order where entity_id = $1
         on conflict do nothing",
        entity.uuid(),
        cause.text()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets of these accounts what every open run has seen.
pub async fn forget(connection: &mut PgConnection, accounts: &[AccountId]) -> Result<(), Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    sqlx::query!(
        "delete from input_change
          where account_id = any($1)
            and xid < (select min(oldest) from (
                         select pg_snapshot_xmin(pg_current_snapshot())
                          union all
                         select pg_snapshot_xmin(snapshot) from billing_run where state not in ('ISSUED', 'CANCELLED')
                       ) as seen(oldest))",
        &accounts
    )
    .execute(connection)
    .await?;
    Ok(())
}
