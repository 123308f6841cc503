//! Batches of delivery. Rows are staged in pieces while they arrive, in a table of the transaction's own; what they
//! change is found and written at the end by a few statements over the whole batch.

use std::collections::HashMap;

use anyhow::Context;
use calendar::{Days, EntityZone};
use chassis::failure::Failure;
use ids::{AccountId, AiringId, BatchId, LineId, OrderId};
use invoicing_domain::delivery::{Airing, BatchTotals, LineFacts, Measure, OrderFacts};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::Rate;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    input_change::{self, Cause},
    written::Written,
};

/// The rows of a batch that can be used, until its end. `version` is filled in where a version is known.
const ARRIVING: &str = "create temporary table arriving_airing (account_id uuid not null, airing_id uuid not null,
    version integer not null, order_id uuid not null, line_id uuid not null, spot text not null, source_row integer not null,
    day date not null, time time, length_seconds integer not null, creative text not null, rate numeric, status text not null,
    makegood_for text[] not null, made_good_by text[] not null, station text not null) on commit drop";

/// How long a statement of a landing may take, on a batch of two million rows.
const LANDING_MAX: &str = "set local statement_timeout = '15min'";

/// A batch of a source that landed.
#[derive(Clone, Copy, Debug)]
pub struct KnownBatch {
    pub id: BatchId,
    pub content_digest: [u8; 32],
}

/// A row that has found its line.
#[derive(Clone, Debug)]
pub struct PlacedAiring {
    pub account: AccountId,
    pub order: OrderId,
    pub line: LineId,
    pub id: AiringId,
    pub airing: Airing,
}

/// A row that could not be used.
#[derive(Clone, Debug)]
pub struct QuarantinedRow {
    /// Counted from 1.
    pub row: i64,
    pub column: String,
    pub reason: &'static str,
    pub message: String,
    pub content: String,
    /// The order that it names, where it is known.
    pub order: Option<(AccountId, OrderId)>,
}

/// A batch that lands.
#[derive(Clone, Debug)]
pub struct LandingBatch<'a> {
    pub id: BatchId,
    pub source: &'a str,
    pub external_id: &'a str,
    pub sequence: Option<i64>,
    pub order_source_system: &'a str,
    pub totals: &'a BatchTotals,
    pub content_digest: [u8; 32],
    pub rows_quarantined: i64,
    /// The first line of the file that it came as.
    pub file_header: Option<&'a str>,
    /// The batch in whose quarantine its rows were.
    pub released_from: Option<BatchId>,
}

/// Lets one batch of a source land at a time, until the transaction ends.
pub async fn lock_source(connection: &mut PgConnection, source: &str) -> Result<(), Failure> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('delivery_batch/' || $1, 0))", source)
        .execute(connection)
        .await?;
    Ok(())
}

/// The batch of this id, if it has landed.
pub async fn known(
    connection: &mut PgConnection,
    source: &str,
    external_id: &str,
) -> Result<Option<KnownBatch>, Failure> {
    let row = sqlx::query!(
        "select batch_id, content_digest from delivery_batch where source = $1 and external_id = $2",
        source,
        external_id
    )
    .fetch_optional(connection)
    .await?;
    let digest = |bytes: Vec<u8>| {
        <[u8; 32]>::try_from(bytes).ok().context("the database holds a digest that is no SHA-256")
    };
    let known = row.map(|row| {
        anyhow::Ok(KnownBatch {
            id: BatchId::from_uuid(row.batch_id),
            content_digest: digest(row.content_digest)?,
        })
    });
    Ok(known.transpose()?)
}

/// The number of the last batch of a source that counts them.
pub async fn last_sequence(connection: &mut PgConnection, source: &str) -> Result<Option<i64>, Failure> {
    let query = sqlx::query_scalar!("select max(sequence) from delivery_batch where source = $1", source);
    Ok(query.fetch_one(connection).await?)
}

/// The orders out of those named that the caller may see, with the day that it is for their billing entity.
pub async fn orders(
    connection: &mut PgConnection,
    (order_source_system, external_ids): (&str, &[String]),
    scope: Option<&Value>,
    at: Timestamp,
) -> Result<HashMap<String, OrderFacts>, Failure> {
    let rows = sqlx::query!(
        "select o.external_id, o.account_id, o.order_id, e.time_zone, l.line_id, l.number, l.flight_first, l.flight_last
           from order_registry r
           join insertion_order o using (account_id, order_id)
           join billing_entity e using (entity_id)
           join order_line l using (account_id, order_id)
          where r.source_system = $1 and r.external_id = any($2)
            and in_scope($3::jsonb, o.entity_id, o.territory, o.account_id)",
        order_source_system,
        external_ids,
        scope
    )
    .fetch_all(connection)
    .await?;
    let mut orders: HashMap<String, OrderFacts> = HashMap::new();
    for row in rows {
        let flight = Days::new(row.flight_first.to_jiff(), row.flight_last.to_jiff())
            .context("a flight that ends before it begins")?;
        let line = LineFacts { line: LineId::from_uuid(row.line_id), flight };
        if let Some(order) = orders.get_mut(&row.external_id) {
            order.lines.insert(row.number, line);
            continue;
        }
        let zone: EntityZone = row.time_zone.parse().context("the database holds an unknown time zone")?;
        let order = OrderFacts {
            account: AccountId::from_uuid(row.account_id),
            order: OrderId::from_uuid(row.order_id),
            today: zone.day_of(at),
            lines: HashMap::from([(row.number, line)]),
        };
        orders.insert(row.external_id, order);
    }
    Ok(orders)
}

/// Makes room for the rows of a batch.
pub async fn begin_staging(transaction: &mut PgConnection) -> Result<(), Failure> {
    // The table is the transaction's own, so that no query over it can be checked when the service is built.
    sqlx::query(ARRIVING).execute(transaction).await?;
    Ok(())
}

/// Stages rows that can be used.
pub async fn stage(transaction: &mut PgConnection, placed: &[PlacedAiring]) -> Result<(), Failure> {
    let each = || placed.iter().map(|placed| &placed.airing);
    let lines = |spots: &Vec<String>| spots.join("\n");
    sqlx::query(include_str!("sql/stage_airings.sql"))
        .persistent(false)
        .bind(placed.iter().map(|placed| placed.account.uuid()).collect::<Vec<_>>())
        .bind(placed.iter().map(|placed| placed.id.uuid()).collect::<Vec<_>>())
        .bind(placed.iter().map(|placed| placed.order.uuid()).collect::<Vec<_>>())
        .bind(placed.iter().map(|placed| placed.line.uuid()).collect::<Vec<_>>())
        .bind(each().map(|airing| airing.spot.as_str()).collect::<Vec<_>>())
        .bind(each().map(|airing| airing.row).collect::<Vec<_>>())
        .bind(each().map(|airing| airing.day.to_sqlx()).collect::<Vec<_>>())
        .bind(each().map(|airing| airing.time.map(ToSqlx::to_sqlx)).collect::<Vec<_>>())
        .bind(each().map(|airing| airing.length_seconds).collect::<Vec<_>>())
        .bind(each().map(|airing| airing.creative.as_str()).collect::<Vec<_>>())
        .bind(each().map(|airing| airing.rate.map(Rate::value)).collect::<Vec<_>>())
        .bind(each().map(|airing| airing.status.name()).collect::<Vec<_>>())
        .bind(each().map(|airing| lines(&airing.makegood_for)).collect::<Vec<_>>())
        .bind(each().map(|airing| lines(&airing.made_good_by)).collect::<Vec<_>>())
        .bind(each().map(|airing| airing.station.as_str()).collect::<Vec<_>>())
        .execute(transaction)
        .await?;
    Ok(())
}

/// Keeps rows that cannot be used.
pub async fn quarantine(
    transaction: &mut PgConnection,
    batch: BatchId,
    rows: &[QuarantinedRow],
) -> Result<(), Failure> {
    let (accounts, orders): (Vec<Option<Uuid>>, Vec<Option<Uuid>>) = rows
        .iter()
        .map(|row| row.order.map(|(account, order)| (account.uuid(), order.uuid())).unzip())
        .unzip();
    sqlx::query!(
        "insert into quarantined_row (batch_id, row, column_name, reason, message, content, account_id, order_id)
         select $1, * from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[])",
        batch.uuid(),
        &rows.iter().map(|row| row.row).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.column.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.reason.to_owned()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.message.clone()).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.content.clone()).collect::<Vec<_>>(),
        &accounts as _,
        &orders as _
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Gives the statements of a landing the time that they take.
pub async fn take_time(transaction: &mut PgConnection) -> Result<(), Failure> {
    sqlx::query(LANDING_MAX).execute(transaction).await?;
    Ok(())
}

/// Lands the batch: rows that say what is known already are counted, the others become the current version of their
/// spot. The source is locked.
pub async fn land(
    transaction: &mut PgConnection,
    batch: &LandingBatch<'_>,
    at: Timestamp,
    by: &str,
) -> Result<(), Failure> {
    take_time(transaction).await?;
    sqlx::query("analyze arriving_airing").execute(&mut *transaction).await?;
    let unchanged = sqlx::query(include_str!("sql/forget_unchanged_airings.sql"))
        .persistent(false)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    sqlx::query(
        "update arriving_airing r set version = a.version from airing a
          where a.account_id = r.account_id and a.airing_id = r.airing_id and a.superseded_at is null",
    )
    .persistent(false)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "update airing a set superseded_at = $1 from arriving_airing r
          where a.account_id = r.account_id and a.airing_id = r.airing_id and a.superseded_at is null",
    )
    .persistent(false)
    .bind(at.to_sqlx())
    .execute(&mut *transaction)
    .await?;
    let loaded = sqlx::query(
        "insert into airing (account_id, airing_id, version, order_id, line_id, batch_id, source, spot, source_row, day, time,
           length_seconds, creative, rate, status, makegood_for, made_good_by, station, recorded_at)
         select account_id, airing_id, version + 1, order_id, line_id, $1, $2, spot, source_row, day, time, length_seconds,
           creative, rate, status, makegood_for, made_good_by, station, $3
           from arriving_airing",
    )
    .persistent(false)
    .bind(batch.id.uuid())
    .bind(batch.source)
    .bind(at.to_sqlx())
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    let accounts: Vec<Uuid> = sqlx::query_scalar("select distinct account_id from arriving_airing")
        .persistent(false)
        .fetch_all(&mut *transaction)
        .await?;
    let accounts: Vec<AccountId> = accounts.into_iter().map(AccountId::from_uuid).collect();
    input_change::record(transaction, &accounts, Cause::Delivery).await?;
    let counts = Counts {
        loaded: count(loaded)?,
        unchanged: count(unchanged)?,
        quarantined: batch.rows_quarantined,
        zeroed: 0,
        kept: 0,
    };
    record(transaction, batch, &counts, None, (at, by)).await
}

fn count(rows: u64) -> Result<i64, Failure> {
    Ok(i64::try_from(rows).context("more rows than there are numbers")?)
}

/// What became of the rows of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    pub loaded: i64,
    pub unchanged: i64,
    pub quarantined: i64,
    /// Days of which nothing was said, and which were made zero.
    pub zeroed: i64,
    /// Days of which nothing was said that can be used, and which were kept because a row of theirs is in the quarantine.
    pub kept: i64,
}

/// What a batch of daily facts has that one of airings has not.
#[derive(Clone, Copy, Debug)]
pub struct Daily<'a> {
    pub landing: i64,
    /// REPLACE: the days that it says everything about.
    pub replaced: Option<Days>,
    /// What its control total is the sum of.
    pub measure: Option<Measure>,
    /// What proves counts that were typed in by hand.
    pub evidence: Option<&'a str>,
}

/// Records that a batch has landed, when, and who sent it.
pub async fn record(
    transaction: &mut PgConnection,
    batch: &LandingBatch<'_>,
    counts: &Counts,
    daily: Option<Daily<'_>>,
    (at, by): (Timestamp, &str),
) -> Result<(), Failure> {
    let replaced = daily.and_then(|daily| daily.replaced);
    sqlx::query!(
        "insert into delivery_batch (batch_id, source, external_id, sequence, mode, order_source_system, control_rows,
           control_amount, content_digest, rows_loaded, rows_unchanged, rows_quarantined, rows_zeroed, received_at, received_by,
           kind, landing, first_day, last_day, control_metric, file_header, released_from, evidence, rows_kept, xid)
         values ($1, $2, $3, $4, $5, $6, $7, $8::text::numeric, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
           $21, $22, $23, $24, pg_current_xact_id())",
        batch.id.uuid(),
        batch.source,
        batch.external_id,
        batch.sequence,
        if replaced.is_some() { "REPLACE" } else { "UPSERT" },
        batch.order_source_system,
        batch.totals.rows,
        batch.totals.amount.to_string(),
        batch.content_digest.to_vec(),
        counts.loaded,
        counts.unchanged,
        counts.quarantined,
        counts.zeroed,
        at.to_sqlx() as _,
        by,
        if daily.is_some() { "DAILY" } else { "AIRINGS" },
        daily.map(|daily| daily.landing),
        replaced.map(|days| days.first().to_sqlx()) as _,
        replaced.map(|days| days.last().to_sqlx()) as _,
        daily.and_then(|daily| daily.measure).map(Measure::text),
        batch.file_header,
        batch.released_from.map(BatchId::uuid),
        daily.and_then(|daily| daily.evidence),
        counts.kept
    )
    .execute(transaction)
    .await?;
    Ok(())
}
