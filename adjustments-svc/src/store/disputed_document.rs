//! How much of a document is disputed, and what invoicing was told of it.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, DisputeId, InvoiceId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money};
use sqlx::PgConnection;

use super::written::money;

/// A document by its name.
pub type Place = (AccountId, InvoiceId);

/// What invoicing has to be told.
#[derive(Clone, Debug)]
pub struct ToTell {
    pub amount: Money,
    /// The dispute that changed it last.
    pub dispute: DisputeId,
    pub version: i64,
}

/// Locks a document until the transaction ends: whoever disputes another part of it waits, and sees this one.
pub async fn lock(
    connection: &mut PgConnection,
    (account, invoice): Place,
    currency: Currency,
    now: Timestamp,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into disputed_document (account_id, invoice_id, currency, amount, version) values ($1, $2, $3, 0, 0)
         on conflict (account_id, invoice_id) do update set version = disputed_document.version",
        account.uuid(),
        invoice.uuid(),
        currency.code()
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into disputed_document_told (account_id, invoice_id, version, attempt_at, delay) values ($1, $2, 0, $3, '')
         on conflict do nothing",
        account.uuid(),
        invoice.uuid(),
        now.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What is disputed of a document has changed; invoicing has to be told. The document is locked.
pub async fn change(
    connection: &mut PgConnection,
    (account, invoice): Place,
    dispute: DisputeId,
) -> Result<(), Failure> {
    sqlx::query!(
        "update disputed_document set version = version + 1, dispute_id = $3,
           amount = (select coalesce(sum(amount), 0) from dispute
                      where account_id = $1 and invoice_id = $2 and state not in ('RESOLVED', 'CLOSED'))
          where account_id = $1 and invoice_id = $2",
        account.uuid(),
        invoice.uuid(),
        dispute.uuid()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A document of which invoicing has to be told, for this transaction alone: who is late would bring back an old amount.
pub async fn claim(connection: &mut PgConnection, now: Timestamp) -> Result<Option<Place>, Failure> {
    let due = sqlx::query!(
        "select t.account_id, t.invoice_id from disputed_document_told t join disputed_document d using (account_id, invoice_id)
          where t.version < d.version and t.attempt_at <= $1
          order by t.attempt_at limit 1 for update of t skip locked",
        now.to_sqlx() as _
    )
    .fetch_optional(connection)
    .await?;
    Ok(due.map(|row| (AccountId::from_uuid(row.account_id), InvoiceId::from_uuid(row.invoice_id))))
}

/// What there is to tell of a document now.
pub async fn to_tell(connection: &mut PgConnection, (account, invoice): Place) -> Result<ToTell, Failure> {
    let row = sqlx::query!(
        "select currency, amount, dispute_id, version from disputed_document where account_id = $1 and invoice_id = $2",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_one(connection)
    .await?;
    let dispute = row.dispute_id.context("what has changed was changed by a dispute")?;
    let amount = money(&row.currency, row.amount)?;
    Ok(ToTell { amount, dispute: DisputeId::from_uuid(dispute), version: row.version })
}

/// Invoicing was told up to a version.
pub async fn record_told(
    connection: &mut PgConnection,
    (account, invoice): Place,
    version: i64,
) -> Result<(), Failure> {
    sqlx::query!(
        "update disputed_document_told set version = $3, delay = '' where account_id = $1 and invoice_id = $2",
        account.uuid(),
        invoice.uuid(),
        version
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Invoicing was not told yet, why, and when it is tried again.
pub async fn record_delay(
    connection: &mut PgConnection,
    (account, invoice): Place,
    (delay, again): (&str, Timestamp),
) -> Result<(), Failure> {
    sqlx::query!(
        "update disputed_document_told set delay = $3, attempt_at = $4 where account_id = $1 and invoice_id = $2",
        account.uuid(),
        invoice.uuid(),
        delay,
        again.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
