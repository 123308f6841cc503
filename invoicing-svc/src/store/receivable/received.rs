//! Money that came, what it was put on, and what went back.

use std::collections::HashMap;

use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::{AccountId, ActivityId, EntityId, InvoiceId};
use invoicing_domain::{
    billing_run::Act,
    receivable::{Activity, Moved, Put, Receipt, Source, TakenBack},
};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Listed, missing, money};
use crate::store::written::currency;

struct Row {
    account_id: Uuid,
    activity_id: Uuid,
    entity_id: Uuid,
    currency: String,
    amount: Decimal,
    day: jiff_sqlx::Date,
    method: String,
    reference: String,
    recorded_by: String,
    recorded_at: jiff_sqlx::Timestamp,
    reversed_on: Option<jiff_sqlx::Date>,
    reversed_because: Option<String>,
}

/// Receipts in the order of their accounts and ids.
pub async fn receipts(connection: &mut PgConnection, which: Listed<'_>) -> Result<Vec<Receipt>, Failure> {
    let rows = sqlx::query_file_as!(
        Row,
        "src/store/sql/receipts.sql",
        which.account.map(AccountId::uuid),
        which.id.map(ActivityId::uuid),
        which.after.map(|(account, _)| account),
        which.after.map(|(_, id)| id),
        which.scope,
        which.limit
    )
    .fetch_all(&mut *connection)
    .await?;
    with_puts(connection, rows).await
}

/// The receipts of these accounts at an entity of which something is left, the oldest of each first.
pub async fn paid_ahead(
    connection: &mut PgConnection,
    entity: EntityId,
    accounts: &[Uuid],
) -> Result<Vec<Receipt>, Failure> {
    let rows = sqlx::query_file_as!(Row, "src/store/sql/paid_ahead.sql", entity.uuid(), accounts)
        .fetch_all(&mut *connection)
        .await?;
    with_puts(connection, rows).await
}

/// The receipts of these rows, with what was taken from each.
async fn with_puts(connection: &mut PgConnection, rows: Vec<Row>) -> Result<Vec<Receipt>, Failure> {
    let accounts: Vec<Uuid> = rows.iter().map(|row| row.account_id).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.activity_id).collect();
    let taken = sqlx::query!(
        "select receipt_id as \"receipt_id!\", invoice_id, amount, currency, day from receivable_activity
          where account_id = any($1) and receipt_id = any($2) order by activity_id",
        &accounts,
        &ids
    )
    .fetch_all(connection)
    .await?;
    let mut of_receipt: HashMap<Uuid, Vec<_>> = HashMap::with_capacity(ids.len());
    for taken in taken {
        let amount = money(currency(&taken.currency)?, taken.amount)?;
        let document = taken.invoice_id.map(InvoiceId::from_uuid);
        of_receipt.entry(taken.receipt_id).or_default().push((document, amount, taken.day.to_jiff()));
    }
    rows.into_iter()
        .map(|row| {
            let amount = money(currency(&row.currency)?, row.amount)?;
            let taken = of_receipt.remove(&row.activity_id).unwrap_or_else(Vec::new);
            let mut unapplied = amount;
            for (_, amount, _) in &taken {
                unapplied = unapplied.minus(*amount).context("a receipt too large to be told")?;
            }
            let reversed = row.reversed_on.zip(row.reversed_because);
            if reversed.is_some() {
                unapplied = unapplied.minus(amount).context("a receipt too large to be told")?;
            }
            let put = |(document, amount, day): (Option<InvoiceId>, _, _)| {
                Some((Put { document: document?, amount }, day))
            };
            Ok(Receipt {
                id: ActivityId::from_uuid(row.activity_id),
                account: AccountId::from_uuid(row.account_id),
                entity: EntityId::from_uuid(row.entity_id),
                amount,
                day: row.day.to_jiff(),
                method: row.method,
                reference: row.reference,
                unapplied,
                puts: taken.into_iter().filter_map(put).collect(),
                reversed: reversed.map(|(day, reason)| TakenBack { day: day.to_jiff(), reason }),
                act: Act { by: row.recorded_by, at: row.recorded_at.to_jiff() },
            })
        })
        .collect()
}

/// One receipt, or that it does not exist for this caller.
pub async fn receipt(
    connection: &mut PgConnection,
    (account, id): (AccountId, ActivityId),
    scope: Option<&Value>,
) -> Result<Receipt, Failure> {
    let which = Listed { account: Some(account), id: Some(id), scope, ..Listed::default() };
    let found = receipts(connection, which).await?.pop();
    Ok(found.ok_or_else(|| missing(account, "receipts", id))?)
}

/// A receipt and everything that was taken from it, without what was taken back already.
pub async fn taken(
    connection: &mut PgConnection,
    (account, id): (AccountId, ActivityId),
) -> Result<Vec<Activity>, Failure> {
    let rows = sqlx::query!(
        "select t.* from receivable_activity t
          where t.account_id = $1 and (t.activity_id = $2 or t.receipt_id = $2) and t.reverses_id is null
            and not exists (select from receivable_activity r where r.account_id = $1 and r.reverses_id = t.activity_id)
          order by t.activity_id",
        account.uuid(),
        id.uuid()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let amount = money(currency(&row.currency)?, row.amount)?;
            let moved = match (row.kind.as_str(), row.invoice_id, row.write_off_id) {
                ("RECEIPT", None, None) => Moved::Receipt { method: row.method },
                ("ALLOCATION", Some(document), None) => {
                    Moved::Allocation { receipt: id, document: InvoiceId::from_uuid(document) }
                }
                ("REFUND", None, None) => Moved::Refund(Source::Receipt(id)),
                ("RECOVERY", None, Some(write_off)) => Moved::Recovery {
                    receipt: id,
                    write_off: ActivityId::from_uuid(write_off),
                    // It is not taken back, so it is not posted again.
                    tax: amount,
                },
                (kind, _, _) => return Err(anyhow!("a receipt is taken from by {kind}").into()),
            };
            Ok(Activity {
                id: ActivityId::from_uuid(row.activity_id),
                entity: EntityId::from_uuid(row.entity_id),
                day: row.day.to_jiff(),
                amount,
                moved,
                reference: row.reference,
                reason: row.reason,
                approval: row.approval,
                reverses: None,
                act: Act { by: row.recorded_by, at: row.recorded_at.to_jiff() },
            })
        })
        .collect()
}

/// Refunds in the order of their accounts and ids.
pub async fn refunds(
    connection: &mut PgConnection,
    which: Listed<'_>,
) -> Result<Vec<(AccountId, Source, Activity)>, Failure> {
    let rows = sqlx::query_file!(
        "src/store/sql/refunds.sql",
        which.account.map(AccountId::uuid),
        which.after.map(|(account, _)| account),
        which.after.map(|(_, id)| id),
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let receipt = row.receipt_id.map(|id| Source::Receipt(ActivityId::from_uuid(id)));
            let credit = row.credit_id.map(|id| Source::Credit(InvoiceId::from_uuid(id)));
            let source = receipt.or(credit).context("a refund of nothing")?;
            let activity = Activity {
                id: ActivityId::from_uuid(row.activity_id),
                entity: EntityId::from_uuid(row.entity_id),
                day: row.day.to_jiff(),
                amount: money(currency(&row.currency)?, row.amount)?,
                moved: Moved::Refund(source),
                reference: row.reference,
                reason: row.reason,
                approval: row.approval,
                reverses: None,
                act: Act { by: row.recorded_by, at: row.recorded_at.to_jiff() },
            };
            Ok((AccountId::from_uuid(row.account_id), source, activity))
        })
        .collect()
}
