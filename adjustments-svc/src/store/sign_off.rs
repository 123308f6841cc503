//! By which requests billing runs are signed off, and how far the feed of invoicing is heard.

use chassis::failure::Failure;
use ids::ApprovalId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::written::digest;
use adjustments_domain::subject::Digest;

/// A run that waits to be signed off, over a root.
#[derive(Clone, Debug)]
pub struct SignOff {
    pub approval: ApprovalId,
    pub run: String,
    pub root: Digest,
}

/// Makes this the only one that hears until the transaction ends.
pub async fn take_turn(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended(current_schema() || '.hearing', 0))::text as \"locked!\""
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// Records that a request signs a run off, once it is approved.
pub async fn insert(connection: &mut PgConnection, sign_off: &SignOff) -> Result<(), Failure> {
    sqlx::query!(
        "insert into run_sign_off (approval_id, run, root) values ($1, $2, $3)",
        sign_off.approval.uuid(),
        sign_off.run,
        &sign_off.root[..]
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An approved sign-off whose next attempt is due. Its request stays locked until the transaction ends.
pub async fn claim(connection: &mut PgConnection, now: Timestamp) -> Result<Option<SignOff>, Failure> {
    let row = sqlx::query!(
        "select s.approval_id, s.run, s.root from run_sign_off s join approval a using (approval_id)
          where s.signed_at is null and (s.attempt_at is null or s.attempt_at <= $1)
            and a.state in ('APPROVED', 'POST_REVIEW_DUE', 'RATIFIED', 'VIOLATION')
          order by s.attempt_at nulls first limit 1 for update skip locked",
        now.to_sqlx() as _
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let approval = ApprovalId::from_uuid(row.approval_id);
    Ok(Some(SignOff { approval, run: row.run, root: digest(&row.root)? }))
}

/// Invoicing has taken it.
pub async fn record_signed(
    connection: &mut PgConnection,
    approval: ApprovalId,
    at: Timestamp,
) -> Result<(), Failure> {
    sqlx::query!(
        "update run_sign_off set signed_at = $2 where approval_id = $1",
        approval.uuid(),
        at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes when it is tried again; `None`: at once.
pub async fn record_delay(
    connection: &mut PgConnection,
    approval: ApprovalId,
    again: Option<Timestamp>,
) -> Result<(), Failure> {
    sqlx::query!(
        "update run_sign_off set attempt_at = $2 where approval_id = $1",
        approval.uuid(),
        again.map(ToSqlx::to_sqlx) as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
