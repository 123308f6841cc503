//! Quarantined rows that are looked at again.

use std::collections::HashSet;

use chassis::failure::Failure;
use ids::{AccountId, AiringId, BatchId, LineId};
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::delivery::QuarantinedRow;

/// A batch whose quarantine is looked at.
#[derive(Clone, Debug)]
pub struct QuarantinedBatch {
    pub source: String,
    pub external_id: String,
    pub order_source_system: String,
    /// Airings have none.
    pub landing: Option<i64>,
    /// The first line of its file.
    pub file_header: Option<String>,
    /// How many batches were released from it.
    pub releases: i64,
    pub received_at: Timestamp,
    /// Who sent it, where its counts were typed in by hand.
    pub typed_by: Option<String>,
    /// Its rows say everything of their days.
    pub replaces: bool,
}

/// A row of the quarantine as it came.
#[derive(Clone, Debug)]
pub struct KeptRow {
    pub row: i64,
    pub content: String,
}

/// The batch, if the caller may see it.
pub async fn batch(
    connection: &mut PgConnection,
    id: BatchId,
    scope: Option<&Value>,
    person: &str,
) -> Result<Option<QuarantinedBatch>, Failure> {
    let row = sqlx::query!(
        "select source, external_id, order_source_system, landing, file_header, received_at, case when evidence is not null then received_by end as typed_by,
                mode = 'REPLACE' as \"replaces!\",
                (select count(*) from delivery_batch r where r.released_from = b.batch_id) as \"releases!\"
           from delivery_batch b
          where batch_id = $1 and ($2::jsonb is null or received_by = $3)",
        id.uuid(),
        scope,
        person
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| QuarantinedBatch {
        source: row.source,
        external_id: row.external_id,
        order_source_system: row.order_source_system,
        landing: row.landing,
        file_header: row.file_header,
        releases: row.releases,
        received_at: row.received_at.to_jiff(),
        typed_by: row.typed_by,
        replaces: row.replaces,
    }))
}

/// The rows that still wait after a row, out of those named or all, in their order. Rows are counted from 1.
pub async fn rows(
    connection: &mut PgConnection,
    batch: BatchId,
    named: &[i64],
    (after, limit): (i64, i64),
) -> Result<Vec<KeptRow>, Failure> {
    let rows = sqlx::query!(
        "select row, content from quarantined_row
          where batch_id = $1 and released_by is null and (cardinality($2::bigint[]) = 0 or row = any($2))
            and row > $3
          order by row limit $4 for update",
        batch.uuid(),
        named,
        after,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| KeptRow { row: row.row, content: row.content }).collect())
}

/// A day of a line of which a row waits, and the measures that the row says, as the bits of `Measured::present`.
pub type WaitingDay = (AccountId, LineId, Date, i32);

/// Of which of the days, as places in the list, the source has said since a landing what a row says: what waited is older
/// than that. Where rows are added up, their batch is named: what was released from it is no later batch.
pub async fn said_since(
    connection: &mut PgConnection,
    (source, landing, added_up): (i32, i64, Option<BatchId>),
    days: &[WaitingDay],
) -> Result<Vec<i64>, Failure> {
    let places = sqlx::query_file_scalar!(
        "src/store/sql/facts_said_since.sql",
        &days.iter().map(|(account, ..)| account.uuid()).collect::<Vec<_>>(),
        &days.iter().map(|(_, line, ..)| line.uuid()).collect::<Vec<_>>(),
        &days.iter().map(|(_, _, day, _)| day.to_sqlx()).collect::<Vec<_>>() as _,
        &days.iter().map(|(.., measures)| *measures).collect::<Vec<_>>(),
        source,
        landing,
        added_up.map(BatchId::uuid)
    )
    .fetch_all(connection)
    .await?;
    Ok(places)
}

/// Which of the spots were said after a point in time: what waited is older than that.
pub async fn aired_since(
    connection: &mut PgConnection,
    received_at: Timestamp,
    spots: &[(AccountId, AiringId)],
) -> Result<HashSet<AiringId>, Failure> {
    let accounts: Vec<Uuid> = spots.iter().map(|(account, _)| account.uuid()).collect();
    let airings: Vec<Uuid> = spots.iter().map(|(_, airing)| airing.uuid()).collect();
    let said = sqlx::query_scalar!(
        "select a.airing_id from unnest($1::uuid[], $2::uuid[]) n (account_id, airing_id)
           join airing a using (account_id, airing_id)
          where a.superseded_at is null and a.recorded_at > $3",
        &accounts,
        &airings,
        received_at.to_sqlx() as _
    );
    Ok(said.fetch_all(connection).await?.into_iter().map(AiringId::from_uuid).collect())
}

/// Says of rows that stay what is wrong with them now.
pub async fn keep(
    connection: &mut PgConnection,
    batch: BatchId,
    rows: &[QuarantinedRow],
) -> Result<(), Failure> {
    sqlx::query!(
        "update quarantined_row q set column_name = n.column_name, reason = n.reason, message = n.message
           from unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) n (row, column_name, reason, message)
          where q.batch_id = $1 and q.row = n.row",
        batch.uuid(),
        &rows.iter().map(|row| row.row).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.column.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.reason.to_owned()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.message.clone()).collect::<Vec<_>>()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Rows leave the quarantine as part of a new batch.
pub async fn release(
    connection: &mut PgConnection,
    batch: BatchId,
    rows: &[i64],
    by: BatchId,
) -> Result<(), Failure> {
    sqlx::query!(
        "update quarantined_row set released_by = $3 where batch_id = $1 and row = any($2)",
        batch.uuid(),
        rows,
        by.uuid()
    )
    .execute(connection)
    .await?;
    Ok(())
}
