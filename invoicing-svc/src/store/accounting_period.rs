//! The accounting periods of entities, as the changes of their states.

use std::collections::BTreeMap;

use anyhow::Context;
use calendar::{Days, Month};
use chassis::failure::Failure;
use ids::{EntityId, RunId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    period::{Books, Change},
};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::written::{Written, month, month_day};

/// The periods of an entity.
pub async fn books(connection: &mut PgConnection, entity: &BillingEntity) -> Result<Books, Failure> {
    let rows = sqlx::query!(
        "select month, state, changed_by, changed_at, reason from accounting_period_change
          where entity_id = $1 order by month, ordinal",
        entity.id.uuid()
    )
    .fetch_all(connection)
    .await?;
    let mut changes: BTreeMap<Month, Vec<Change>> = BTreeMap::new();
    for row in rows {
        let change = Change {
            state: Written::read(&row.state)?,
            by: row.changed_by,
            at: row.changed_at.to_jiff(),
            reason: row.reason,
        };
        changes.entry(month(row.month.to_jiff())).or_default().push(change);
    }
    Ok(Books { fiscal: entity.fiscal, changes })
}

/// Keeps the periods of an entity as they are until the transaction ends; others may do so at the same time. Who changes
/// a period holds the entity for himself, and so waits for what is being posted.
pub async fn hold(connection: &mut PgConnection, entity: EntityId) -> Result<(), Failure> {
    sqlx::query!("select revision from billing_entity where entity_id = $1 for share", entity.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// Records a change of a period; the entity is locked.
pub async fn record(
    connection: &mut PgConnection,
    (entity, month): (EntityId, Month),
    (before, change): (usize, &Change),
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into accounting_period_change (entity_id, month, ordinal, state, changed_by, changed_at, reason)
         values ($1, $2, $3, $4, $5, $6, $7)",
        entity.uuid(),
        month_day(month).to_sqlx() as _,
        i32::try_from(before + 1).context("a period has more changes than there are numbers")?,
        change.state.text(),
        change.by,
        change.at.to_sqlx() as _,
        change.reason
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A run that issues documents of the entity dated within these days, or stopped while it did.
pub async fn issuing(
    connection: &mut PgConnection,
    entity: EntityId,
    dated: Days,
) -> Result<Option<RunId>, Failure> {
    let run = sqlx::query_scalar!(
        "select run_id from billing_run
          where entity_id = $1 and (state = 'ISSUING' or failed_in = 'ISSUING') and issue_date between $2 and $3
          order by run_id limit 1",
        entity.uuid(),
        dated.first().to_sqlx() as _,
        dated.last().to_sqlx() as _
    )
    .fetch_optional(connection)
    .await?;
    Ok(run.map(RunId::from_uuid))
}

/// The day of the entity's first posting.
pub async fn first_posting(connection: &mut PgConnection, entity: EntityId) -> Result<Option<Date>, Failure> {
    let first = sqlx::query_scalar!(
        "select posting_date from ledger_entry where entity_id = $1 order by posting_date limit 1",
        entity.uuid()
    )
    .fetch_optional(connection)
    .await?;
    Ok(first.map(|day| day.to_jiff()))
}
