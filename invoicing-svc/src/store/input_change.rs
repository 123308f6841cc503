//! Which accounts have other inputs of rating than before. Every transaction that changes one says so, and a pass over
//! the accounts rates again only those with a change that its snapshot does not show.

use chassis::failure::Failure;
use ids::AccountId;
use sqlx::PgConnection;

/// Which input changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Order,
    Delivery,
    Reference,
    Tax,
}

impl Cause {
    fn text(self) -> &'static str {
        match self {
            Self::Order => "ORDER",
            Self::Delivery => "DELIVERY",
            Self::Reference => "REFERENCE",
            Self::Tax => "TAX",
        }
    }
}

/// Records that the transaction changes an input of the accounts; an account may be named more than once.
pub async fn record(
    connection: &mut PgConnection,
    accounts: &[AccountId],
    cause: Cause,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into input_change (account_id, cause) select distinct account_id, $2::text from unnest($1::uuid[]) account_id
         on conflict do nothing",
        &accounts.iter().map(|account| account.uuid()).collect::<Vec<_>>(),
        cause.text()
    )
    .execute(connection)
    .await?;
    Ok(())
}
