//! What people did, by calls of this service and as they reported it.

use billing_proto::billing::adjustments::v1 as pb;
use chassis::failure::Failure;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::wire::time;

/// Which of it.
#[derive(Clone, Copy, Debug)]
pub struct Which<'a> {
    pub subject: Option<&'a str>,
    pub person: Option<&'a str>,
    /// Only those before this one.
    pub before: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// Who asks: of what was reported, limited callers see their own.
    pub caller: &'a str,
    pub limit: i64,
}

/// The touches with their ids, the latest first.
pub async fn load(
    connection: &mut PgConnection,
    which: Which<'_>,
) -> Result<Vec<(Uuid, pb::Touch)>, Failure> {
    let rows = sqlx::query_file!(
        "src/report/sql/touches.sql",
        which.subject,
        which.person,
        which.before,
        which.scope,
        which.limit,
        which.caller
    )
    .fetch_all(connection)
    .await?;
    let touch = rows.into_iter().map(|row| {
        let cause = row.cause.and_then(|cause| pb::RootCause::from_str_name(&format!("ROOT_CAUSE_{cause}")));
        let message = pb::Touch {
            subject: row.subject,
            kind: row.kind,
            person: row.person,
            time: Some(time::message(row.touched_at.to_jiff())),
            seconds: row.seconds,
            root_cause: cause.map_or(0, i32::from),
        };
        (row.id, message)
    });
    Ok(touch.collect())
}
