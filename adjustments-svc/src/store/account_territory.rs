//! Where accounts belong, as invoicing says.

use std::collections::BTreeMap;

use chassis::failure::Failure;
use ids::AccountId;
use sqlx::PgConnection;
use uuid::Uuid;

/// Notes the territories of accounts; an empty one is none.
pub async fn record(
    connection: &mut PgConnection,
    territories: &BTreeMap<AccountId, String>,
) -> Result<(), Failure> {
    let accounts: Vec<Uuid> = territories.keys().map(|account| account.uuid()).collect();
    let territories: Vec<String> = territories.values().cloned().collect();
    sqlx::query!(
        "insert into account_territory (account_id, territory)
         select account_id, territory from unnest($1::uuid[], $2::text[]) as said(account_id, territory)
         on conflict (account_id) do update set territory = excluded.territory",
        &accounts,
        &territories
    )
    .execute(connection)
    .await?;
    Ok(())
}
