//! How severe the findings of checks are for an entity.

use std::collections::BTreeMap;

use chassis::failure::Failure;
use ids::EntityId;
use invoicing_domain::{
    billing_run::Act,
    exception::{Severities, Severity},
};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::written::Written;

/// What an entity wants otherwise than usual, by reason; `None`: it does not want to hear of it.
pub async fn load(
    connection: &mut PgConnection,
    entity: EntityId,
) -> Result<BTreeMap<String, Option<Severity>>, Failure> {
    let rows =
        sqlx::query!("select reason, severity from check_severity where entity_id = $1", entity.uuid())
            .fetch_all(connection)
            .await?;
    rows.into_iter()
        .map(|row| {
            let severity = if row.severity == "OFF" { None } else { Some(Severity::read(&row.severity)?) };
            Ok((row.reason, severity))
        })
        .collect()
}

/// The severities of an entity.
pub async fn of(connection: &mut PgConnection, entity: EntityId) -> Result<Severities, Failure> {
    Ok(Severities::of(load(connection, entity).await?))
}

/// Records how severe a finding is from now on.
pub async fn record(
    connection: &mut PgConnection,
    entity: EntityId,
    (reason, severity): (&str, Option<Severity>),
    act: &Act,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into check_severity (entity_id, reason, severity, set_by, set_at) values ($1, $2, $3, $4, $5)
         on conflict (entity_id, reason) do update set
           severity = excluded.severity, set_by = excluded.set_by, set_at = excluded.set_at",
        entity.uuid(),
        reason,
        severity.map_or("OFF", Severity::text),
        act.by,
        act.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
