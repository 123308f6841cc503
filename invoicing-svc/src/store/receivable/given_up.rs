//! What was written off, and what became of it.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, ActivityId, EntityId, InvoiceId};
use invoicing_domain::{
    billing_run::Act,
    receivable::{WriteOff, WrittenOff},
};
use money::Money;
use serde_json::Value;
use sqlx::PgConnection;

use super::{Listed, missing};
use crate::store::written::currency;

/// Write-offs in the order of their accounts and ids.
pub async fn write_offs(connection: &mut PgConnection, which: Listed<'_>) -> Result<Vec<WriteOff>, Failure> {
    let rows = sqlx::query_file!(
        "src/store/sql/write_offs.sql",
        which.account.map(AccountId::uuid),
        which.id.map(ActivityId::uuid),
        which.after.map(|(account, _)| account),
        which.after.map(|(_, id)| id),
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let money =
                |amount| Money::of(currency, amount).context("the database holds parts of a minor unit");
            Ok(WriteOff {
                id: ActivityId::from_uuid(row.activity_id),
                account: AccountId::from_uuid(row.account_id),
                entity: EntityId::from_uuid(row.entity_id),
                document: InvoiceId::from_uuid(row.invoice_id),
                day: row.day.to_jiff(),
                reason: row.reason,
                lost: WrittenOff {
                    amount: money(row.amount)?,
                    total: money(row.total)?,
                    tax: money(row.tax)?,
                    relief: money(row.relief)?,
                    recovered: money(row.recovered)?,
                },
                act: Act { by: row.recorded_by, at: row.recorded_at.to_jiff() },
            })
        })
        .collect()
}

/// One write-off, or that it does not exist for this caller.
pub async fn write_off(
    connection: &mut PgConnection,
    (account, id): (AccountId, ActivityId),
    scope: Option<&Value>,
) -> Result<WriteOff, Failure> {
    let which = Listed { account: Some(account), id: Some(id), scope, ..Listed::default() };
    let found = write_offs(connection, which).await?.pop();
    Ok(found.ok_or_else(|| missing(account, "writeOffs", id))?)
}
