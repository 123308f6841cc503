//! Cases.

mod load;
mod record;

pub use load::{Which, get, load};
pub use record::{insert, record};

use adjustments_domain::customer_case::CaseRefusal;
use chassis::failure::Failure;
use ids::{AccountId, CaseId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use sqlx::PgConnection;

/// A case by its name.
pub type Named = (AccountId, CaseId);

/// Locks a case until the transaction ends.
pub async fn lock(connection: &mut PgConnection, (account, id): Named) -> Result<(), Failure> {
    sqlx::query!(
        "select revision from customer_case where account_id = $1 and case_id = $2 for update",
        account.uuid(),
        id.uuid()
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}

/// A case that is late and of which nobody was told, locked; what another worker holds is left to it.
pub async fn claim_late(connection: &mut PgConnection, now: Timestamp) -> Result<Option<Named>, Failure> {
    let late = sqlx::query!(
        "select account_id, case_id from customer_case
          where due_at <= $1 and escalated_at is null and state = 'OPEN'
          order by due_at limit 1 for update skip locked",
        now.to_sqlx() as _
    )
    .fetch_optional(connection)
    .await?;
    Ok(late.map(|row| (AccountId::from_uuid(row.account_id), CaseId::from_uuid(row.case_id))))
}

fn missing((account, id): Named) -> Refusal {
    CaseRefusal::NotFound { name: format!("accounts/{account}/cases/{id}") }.into()
}
