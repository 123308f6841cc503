//! What people report that they touched; only ever added to.

use adjustments_domain::{act::Act, subject::Cause};
use chassis::failure::Failure;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

/// That somebody touched something.
#[derive(Clone, Debug)]
pub struct Touch {
    pub subject: String,
    pub kind: String,
    pub act: Act,
    /// Since it was shown to them; 0: not measured.
    pub seconds: i64,
    pub cause: Option<Cause>,
}

/// Adds a touch.
pub async fn insert(connection: &mut PgConnection, touch: &Touch) -> Result<(), Failure> {
    sqlx::query!(
        "insert into touch (touch_id, subject, kind, person, touched_at, seconds, cause) values ($1, $2, $3, $4, $5, $6, $7)",
        Uuid::now_v7(),
        touch.subject,
        touch.kind,
        touch.act.by,
        touch.act.at.to_sqlx() as _,
        touch.seconds,
        touch.cause.map(Cause::name)
    )
    .execute(connection)
    .await?;
    Ok(())
}
