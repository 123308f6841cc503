//! Number series, and what their years have come to.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{EntityId, SeriesId};
use invoicing_domain::{
    invoice::DocumentKind,
    number_series::{NumberSeries, SeriesYear},
    resource::ResourceRefusal,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{Written, revision, revision_number};

/// A series with its years, the earliest first.
#[derive(Clone, Debug)]
pub struct SeriesWithYears {
    pub series: NumberSeries,
    pub years: Vec<SeriesYear>,
}

/// Which series to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only this one.
    pub id: Option<SeriesId>,
    /// Only those of this entity.
    pub entity: Option<EntityId>,
    /// Only those after this one.
    pub after: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many.
    pub limit: i64,
}

/// The series that a row says. A macro, because the record of a query has no name.
macro_rules! series {
    ($row:ident) => {
        NumberSeries {
            id: SeriesId::from_uuid($row.series_id),
            revision: revision($row.revision)?,
            entity: EntityId::from_uuid($row.entity_id),
            tax_registration: $row.tax_registration,
            document_kind: Written::read(&$row.document_kind)?,
            year_basis: Written::read(&$row.year_basis)?,
            prefix: $row.prefix,
            width: u8::try_from($row.width).context("the database holds no width")?,
            start: u64::try_from($row.start).context("the database holds no start")?,
        }
    };
}

/// Loads series in the order of their ids.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<SeriesWithYears>, Failure> {
    let rows = sqlx::query!(
        "select * from number_series
          where ($1::uuid is null or series_id = $1) and ($2::uuid is null or entity_id = $2)
            and ($3::uuid is null or series_id > $3) and in_scope($4::jsonb, entity_id, null, null)
          order by series_id limit $5",
        which.id.map(SeriesId::uuid),
        which.entity.map(EntityId::uuid),
        which.after,
        which.scope,
        which.limit
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut loaded = Vec::with_capacity(rows.len());
    for row in rows {
        let series = series!(row);
        let years = years(connection, series.id).await?;
        loaded.push(SeriesWithYears { series, years });
    }
    Ok(loaded)
}

async fn years(connection: &mut PgConnection, series: SeriesId) -> Result<Vec<SeriesYear>, Failure> {
    let rows = sqlx::query!(
        "select year, next, last_issue_date from number_series_year where series_id = $1 order by year",
        series.uuid()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(SeriesYear {
                year: i16::try_from(row.year).context("the database holds no year")?,
                next: u64::try_from(row.next).context("the database holds no number")?,
                last_issue_date: row.last_issue_date.to_jiff(),
            })
        })
        .collect()
}

/// One series of an entity, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    (entity, id): (EntityId, SeriesId),
    scope: Option<&Value>,
) -> Result<SeriesWithYears, Failure> {
    let which = Which { id: Some(id), entity: Some(entity), scope, limit: 1, ..Which::default() };
    let found = load(connection, which).await?.pop();
    let missing = || {
        Refusal::from(ResourceRefusal::NotFound {
            name: format!("billingEntities/{entity}/numberSeries/{id}"),
        })
    };
    Ok(found.ok_or_else(missing)?)
}

/// The series that numbers the documents of a kind of an entity, locked until the transaction ends: one document after the
/// other takes its number.
pub async fn claim(
    connection: &mut PgConnection,
    entity: EntityId,
    kind: DocumentKind,
) -> Result<Option<SeriesWithYears>, Failure> {
    let row = sqlx::query!(
        "select * from number_series where entity_id = $1 and document_kind = $2 order by tax_registration limit 1 for update",
        entity.uuid(),
        kind.text()
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let series = series!(row);
    // A statement of its own: it sees what was taken by whoever held the lock before.
    let years = years(connection, series.id).await?;
    Ok(Some(SeriesWithYears { series, years }))
}

/// Locks a series until the transaction ends: one document after the other takes its number.
pub async fn lock(connection: &mut PgConnection, id: SeriesId) -> Result<(), Failure> {
    sqlx::query!("select revision from number_series where series_id = $1 for update", id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// Records a new series.
pub async fn insert(
    connection: &mut PgConnection,
    series: &NumberSeries,
    at: Timestamp,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into number_series (series_id, revision, entity_id, tax_registration, document_kind, year_basis, prefix,
           width, start, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        series.id.uuid(),
        revision_number(series.revision)?,
        series.entity.uuid(),
        series.tax_registration,
        series.document_kind.text(),
        series.year_basis.text(),
        series.prefix,
        i32::from(series.width),
        i64::try_from(series.start).context("the start is beyond bigint")?,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await
    .map_err(|error| {
        Failure::from_constraint(error, &taken(series))
    })?;
    Ok(())
}

/// Records prefix and width of a series that is locked.
pub async fn update(connection: &mut PgConnection, series: &NumberSeries) -> Result<(), Failure> {
    sqlx::query!(
        "update number_series set revision = $2, prefix = $3, width = $4 where series_id = $1",
        series.id.uuid(),
        revision_number(series.revision)?,
        series.prefix,
        i32::from(series.width)
    )
    .execute(connection)
    .await
    .map_err(|error| Failure::from_constraint(error, &taken(series)))?;
    Ok(())
}

/// What another series of the entity may have already.
fn taken(series: &NumberSeries) -> [(&'static str, Refusal); 2] {
    let code = |what: &str| ResourceRefusal::CodeTaken {
        code: format!("{what} for {}", series.document_kind.text()),
    };
    [
        (
            "number_series_is_unique",
            code(&format!("of tax registration {:?}", series.tax_registration)).into(),
        ),
        ("number_series_prefix_is_unique", code(&format!("prefix {:?}", series.prefix)).into()),
    ]
}

/// Records what a year of a series that is locked has come to.
pub async fn record_year(
    connection: &mut PgConnection,
    series: SeriesId,
    year: SeriesYear,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into number_series_year (series_id, year, next, last_issue_date) values ($1, $2, $3, $4)
         on conflict (series_id, year) do update set next = excluded.next, last_issue_date = excluded.last_issue_date",
        series.uuid(),
        i32::from(year.year),
        i64::try_from(year.next).context("the number is beyond bigint")?,
        year.last_issue_date.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
