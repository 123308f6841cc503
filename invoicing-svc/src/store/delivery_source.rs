//! Who sends daily facts.

use anyhow::Context;
use chassis::failure::Failure;
use invoicing_domain::{delivery::DeliverySource, resource::ResourceRefusal};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use sqlx::PgConnection;

use super::written::{Written, revision, revision_number};

/// Sources by their names, those after `after`; only `name` where it is said.
pub async fn load(
    connection: &mut PgConnection,
    name: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<DeliverySource>, Failure> {
    let rows = sqlx::query!(
        "select source, revision, time_zone, duplicates from delivery_source
          where ($1::text is null or source = $1) and ($2::text is null or source > $2)
          order by source limit $3",
        name,
        after,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(DeliverySource {
                name: row.source,
                revision: revision(row.revision)?,
                time_zone: row.time_zone.parse().context("the database holds an unknown time zone")?,
                duplicates: Written::read(&row.duplicates)?,
            })
        })
        .collect()
}

/// One source, or that it does not exist.
pub async fn get(connection: &mut PgConnection, name: &str) -> Result<DeliverySource, Failure> {
    let found = load(connection, Some(name), None, 1).await?.pop();
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: format!("deliverySources/{name}") });
    Ok(found.ok_or_else(missing)?)
}

/// Whether a batch of the source has brought facts.
pub async fn has_facts(connection: &mut PgConnection, name: &str) -> Result<bool, Failure> {
    let query = sqlx::query_scalar!(
        "select exists (select from delivery_batch where source = $1 and kind = 'DAILY' and rows_loaded > 0) as \"has!\"",
        name
    );
    Ok(query.fetch_one(connection).await?)
}

/// Records the settings of a source that is locked.
pub async fn update(
    connection: &mut PgConnection,
    source: &DeliverySource,
    at: Timestamp,
) -> Result<(), Failure> {
    sqlx::query!(
        "update delivery_source set revision = $2, time_zone = $3, duplicates = $4, updated_at = $5 where source = $1",
        source.name,
        revision_number(source.revision)?,
        source.time_zone.to_string(),
        source.duplicates.text(),
        at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
