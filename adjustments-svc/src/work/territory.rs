//! Keeps where accounts belong, as invoicing says.

use std::collections::BTreeMap;

use billing_proto::billing::event::v1 as events;
use chassis::failure::Failure;
use ids::AccountId;
use sqlx::PgConnection;

use super::hear::ACCOUNTS;
use crate::{store::account_territory as store, wire::account as wire};

/// Notes the territories of accounts that were made or changed. What was said last of an account holds.
pub(super) async fn look_at_accounts(
    connection: &mut PgConnection,
    said: &[&events::Event],
) -> Result<(), Failure> {
    let of_accounts = said.iter().filter(|event| event.r#type.starts_with(ACCOUNTS));
    let territories: BTreeMap<AccountId, String> =
        of_accounts.map(|event| wire::territory(event)).collect::<Result<_, anyhow::Error>>()?;
    if territories.is_empty() {
        return Ok(());
    }
    store::record(connection, &territories).await
}
