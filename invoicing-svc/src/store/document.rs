//! The files of documents: each is made once, and then only read.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

/// A document by its account and id.
pub type Named = (AccountId, InvoiceId);

/// The PDF, where it is made already.
pub async fn pdf(
    connection: &mut PgConnection,
    (account, invoice): Named,
) -> Result<Option<Vec<u8>>, Failure> {
    let found = sqlx::query_scalar!(
        "select content from document where account_id = $1 and invoice_id = $2 and format = 'PDF'",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

/// Takes a document that has no file yet, for as long as the transaction lasts. While documents are issued none is: a
/// month's numbers come before its files.
pub async fn claim(connection: &mut PgConnection) -> Result<Option<Named>, Failure> {
    let row = sqlx::query!(
        "select account_id, invoice_id from document_due
          where failure is null and not exists (select from billing_run where state = 'ISSUING')
          limit 1 for update skip locked"
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (AccountId::from_uuid(row.account_id), InvoiceId::from_uuid(row.invoice_id))))
}

/// Waits for whoever makes the file of this document now, and then lets nobody else make it.
pub async fn lock(connection: &mut PgConnection, (account, invoice): Named) -> Result<(), Failure> {
    sqlx::query!(
        "select invoice_id from document_due where account_id = $1 and invoice_id = $2 for update",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}

/// Records the PDF; it is due no longer.
pub async fn record(
    connection: &mut PgConnection,
    (account, invoice): Named,
    content: &[u8],
    at: Timestamp,
) -> Result<(), Failure> {
    let sha256: [u8; 32] = Sha256::digest(content).into();
    sqlx::query!(
        "insert into document (account_id, invoice_id, format, content, sha256, rendered_at)
         values ($1, $2, 'PDF', $3, $4, $5)",
        account.uuid(),
        invoice.uuid(),
        content,
        &sha256,
        at.to_sqlx() as _
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "delete from document_due where account_id = $1 and invoice_id = $2",
        account.uuid(),
        invoice.uuid()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records why the document cannot be printed, so that it is not tried again by itself.
pub async fn record_failure(
    connection: &mut PgConnection,
    (account, invoice): Named,
    why: &str,
) -> Result<(), Failure> {
    sqlx::query!(
        "update document_due set failure = $3 where account_id = $1 and invoice_id = $2",
        account.uuid(),
        invoice.uuid(),
        why
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Seller, buyer and order as they were on the day of issue, and the design that prints them.
pub async fn parties(
    connection: &mut PgConnection,
    (account, invoice): Named,
) -> Result<(Value, i32), Failure> {
    let row = sqlx::query!(
        "select parties, template_version from invoice where account_id = $1 and invoice_id = $2",
        account.uuid(),
        invoice.uuid()
    )
    .fetch_optional(connection)
    .await?;
    let row = row.context("a document that was not issued")?;
    Ok((row.parties, row.template_version))
}
