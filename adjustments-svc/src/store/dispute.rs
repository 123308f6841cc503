//! Disputes, with what was written about them.

mod load;
mod record;

pub use load::{Kept, Which, get, load};
pub use record::{insert, insert_settlements, record};

use adjustments_domain::dispute::DisputeRefusal;
use chassis::failure::Failure;
use ids::{AccountId, DisputeId, InvoiceId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money};
use refusal::Refusal;
use sqlx::PgConnection;

use super::written::money;

/// A dispute by its name.
pub type Named = (AccountId, DisputeId);

/// What others dispute of a document.
pub async fn disputed(
    connection: &mut PgConnection,
    (account, invoice): (AccountId, InvoiceId),
    besides: Option<DisputeId>,
    currency: Currency,
) -> Result<Money, Failure> {
    let sum = sqlx::query_scalar!(
        "select coalesce(sum(amount), 0) as \"sum!\" from dispute
          where account_id = $1 and invoice_id = $2 and state not in ('RESOLVED', 'CLOSED')
            and ($3::uuid is null or dispute_id <> $3)",
        account.uuid(),
        invoice.uuid(),
        besides.map(DisputeId::uuid)
    )
    .fetch_one(connection)
    .await?;
    money(currency.code(), sum)
}

/// A dispute that is late and of which nobody was told, its document locked; what another worker holds is left to it.
pub async fn claim_late(connection: &mut PgConnection, now: Timestamp) -> Result<Option<Named>, Failure> {
    let late = sqlx::query!(
        "select d.account_id, d.dispute_id from dispute d join disputed_document x using (account_id, invoice_id)
          where d.due_at <= $1 and d.escalated_at is null
            and d.state in ('OPENED', 'TRIAGED', 'INVESTIGATING', 'PROPOSED', 'REOPENED')
          order by d.due_at limit 1 for update of x skip locked",
        now.to_sqlx() as _
    )
    .fetch_optional(connection)
    .await?;
    Ok(late.map(|row| (AccountId::from_uuid(row.account_id), DisputeId::from_uuid(row.dispute_id))))
}

fn missing((account, id): Named) -> Refusal {
    DisputeRefusal::NotFound { name: format!("accounts/{account}/disputes/{id}") }.into()
}
