//! Batches of delivery, airings as they are known now, and rows that could not be used.

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, AiringId, BatchId, OrderId};
use invoicing_domain::resource::ResourceRefusal;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::order::value;
use crate::wire::{name, period};

/// Who looks: a caller sees what lies in their scope, and what they sent.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    pub scope: Option<&'a Value>,
    pub person: &'a str,
}

/// Which batches to answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only this one.
    pub id: Option<BatchId>,
    /// Only those of this source.
    pub source: Option<&'a str>,
    /// Only those before this one: the newest come first.
    pub before: Option<Uuid>,
    /// At most this many.
    pub limit: i64,
}

/// Batches, the newest first. A batch has rows of many accounts, so that a limited caller sees only their own ones.
pub async fn batches(
    connection: &mut PgConnection,
    which: Which<'_>,
    viewer: Viewer<'_>,
) -> Result<Vec<(Uuid, pb::DeliveryBatch)>, Failure> {
    let rows = sqlx::query!(
        "select batch_id, source, external_id, sequence, mode, control_rows, control_amount, rows_loaded, rows_unchanged, rows_quarantined,
                received_at, kind, first_day, last_day, rows_zeroed, control_metric, released_from, evidence, rows_kept
           from delivery_batch
          where ($1::uuid is null or batch_id = $1) and ($2::text is null or source = $2)
            and ($3::uuid is null or batch_id < $3) and ($4::jsonb is null or received_by = $5)
          order by batch_id desc limit $6",
        which.id.map(BatchId::uuid),
        which.source,
        which.before,
        viewer.scope,
        viewer.person,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let measure = row
                .control_metric
                .map(|metric| {
                    pb::DeliveryMeasure::from_str_name(&format!("DELIVERY_MEASURE_{metric}"))
                        .with_context(|| format!("the database holds the measure {metric:?}"))
                })
                .transpose()?;
            let days = row.first_day.zip(row.last_day);
            let batch = pb::DeliveryBatch {
                name: name::batch_name(BatchId::from_uuid(row.batch_id)),
                source: row.source,
                batch_id: row.external_id,
                sequence: row.sequence,
                mode: value("BATCH_MODE", &row.mode, pb::BatchMode::from_str_name)?,
                control_totals: Some(pb::DeliveryControlTotals {
                    rows: row.control_rows,
                    amount: match (&*row.kind, measure) {
                        ("DAILY", None) => String::new(),
                        (_, _) => row.control_amount.to_string(),
                    },
                    measure: measure.map_or(0, i32::from),
                }),
                rows_loaded: row.rows_loaded,
                rows_unchanged: row.rows_unchanged,
                rows_quarantined: row.rows_quarantined,
                receive_time: Some(period::time_message(row.received_at.to_jiff())),
                kind: value("DELIVERY_KIND", &row.kind, pb::DeliveryKind::from_str_name)?,
                days: days.map(|(first, last)| pb::Days {
                    first: Some(period::day_message(first.to_jiff())),
                    last: Some(period::day_message(last.to_jiff())),
                }),
                rows_zeroed: row.rows_zeroed,
                released_from: row
                    .released_from
                    .map_or_else(String::new, |batch| name::batch_name(BatchId::from_uuid(batch))),
                evidence: row.evidence.unwrap_or_else(String::new),
                rows_kept: row.rows_kept,
            };
            Ok((row.batch_id, batch))
        })
        .collect()
}

/// One batch, or that it does not exist for this caller.
pub async fn batch(
    connection: &mut PgConnection,
    id: BatchId,
    viewer: Viewer<'_>,
) -> Result<pb::DeliveryBatch, Failure> {
    let found =
        batches(connection, Which { id: Some(id), limit: 1, ..Which::default() }, viewer).await?.pop();
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: name::batch_name(id) });
    Ok(found.map(|(_, batch)| batch).ok_or_else(missing)?)
}

/// The place of an airing in its order: the day, written, and its id.
pub type AiringPlace = (String, Uuid);

/// The airings of an order by day, after a place.
pub async fn airings(
    connection: &mut PgConnection,
    (account, order): (AccountId, OrderId),
    after: Option<AiringPlace>,
    limit: i64,
) -> Result<Vec<(AiringPlace, pb::Airing)>, Failure> {
    let (day, id) = after.unzip();
    let day = day.map(|day| day.parse::<Date>()).transpose().context("a sealed place without its day")?;
    let rows = sqlx::query!(
        "select a.*, o.external_id, l.number
           from airing a
           join insertion_order o on o.account_id = a.account_id and o.order_id = a.order_id
           join order_line l on l.account_id = a.account_id and l.line_id = a.line_id
          where a.account_id = $1 and a.order_id = $2 and a.superseded_at is null
            and ($3::date is null or (a.day, a.airing_id) > ($3, $4::uuid))
          order by a.day, a.airing_id limit $5",
        account.uuid(),
        order.uuid(),
        day.map(ToSqlx::to_sqlx) as _,
        id,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let day = row.day.to_jiff();
            let airing = pb::Airing {
                name: name::airing_name(AiringId::from_uuid(row.airing_id)),
                order: row.external_id,
                line: row.number,
                spot: row.spot,
                row: row.source_row,
                date: Some(period::day_message(day)),
                time: row.time.map_or_else(String::new, |time| time.to_jiff().strftime("%H:%M").to_string()),
                length_seconds: row.length_seconds,
                creative: row.creative,
                rate: row.rate.map_or_else(String::new, |rate| rate.normalize().to_string()),
                status: value("AIRING_STATUS", &row.status, pb::AiringStatus::from_str_name)?,
                makegood_for: row.makegood_for,
                made_good_by: row.made_good_by,
                station: row.station,
            };
            Ok(((day.to_string(), row.airing_id), airing))
        })
        .collect()
}

/// The place of a row in the quarantine.
pub type RowPlace = (Uuid, i64);

/// Rows that could not be used, those of the newest batch first, after a place. Who may see an order may see its rows.
pub async fn quarantine(
    connection: &mut PgConnection,
    batch: Option<BatchId>,
    after: Option<RowPlace>,
    limit: i64,
    viewer: Viewer<'_>,
) -> Result<Vec<(RowPlace, pb::QuarantinedRow)>, Failure> {
    let (after_batch, after_row) = after.unzip();
    let rows = sqlx::query!(
        "select q.*, b.source, b.external_id
           from quarantined_row q
           join delivery_batch b using (batch_id)
           left join insertion_order o on o.account_id = q.account_id and o.order_id = q.order_id
          where q.released_by is null and ($1::uuid is null or q.batch_id = $1)
            and ($2::uuid is null or q.batch_id < $2 or (q.batch_id = $2 and q.row > $3::bigint))
            and ($4::jsonb is null or b.received_by = $5
                 or (o.order_id is not null and in_scope($4::jsonb, o.entity_id, o.territory, o.account_id)))
          order by q.batch_id desc, q.row limit $6",
        batch.map(BatchId::uuid),
        after_batch,
        after_row,
        viewer.scope,
        viewer.person,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let quarantined = pb::QuarantinedRow {
                batch: name::batch_name(BatchId::from_uuid(row.batch_id)),
                row: row.row,
                column: row.column_name,
                reason: row.reason,
                message: row.message,
                content: row.content,
                source: row.source,
                batch_id: row.external_id,
            };
            ((row.batch_id, row.row), quarantined)
        })
        .collect())
}
