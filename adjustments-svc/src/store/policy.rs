//! Versions of the policy, as they were uploaded.

use adjustments_domain::{policy::PolicyRefusal, subject::Digest};
use anyhow::Context;
use chassis::failure::Failure;
use ids::ApprovalId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use sqlx::PgConnection;

use super::written::{count, digest};

/// A version.
#[derive(Clone, Debug)]
pub struct Version {
    pub number: u32,
    pub title: String,
    pub yaml: String,
    pub digest: Digest,
    pub effective: Timestamp,
    pub uploaded_by: String,
    pub uploaded_at: Timestamp,
    pub approval: Option<ApprovalId>,
    /// The state of its approval; `None` where it needs none.
    pub approval_state: Option<String>,
    /// It is approved, and its time has come: it holds unless a later one does.
    pub has_come: bool,
    /// A later one has come.
    pub is_past: bool,
}

/// The versions before one, the latest first, as they stand at a time.
pub async fn page(
    connection: &mut PgConnection,
    (number, before): (Option<u32>, Option<i32>),
    now: Timestamp,
    limit: Option<i64>,
) -> Result<Vec<Version>, Failure> {
    let rows = sqlx::query_file!(
        "src/store/sql/policy_versions.sql",
        number.map(count::<_, i32>).transpose()?,
        before,
        now.to_sqlx() as _,
        limit
    )
    .fetch_all(connection)
    .await?;
    let versions = rows.into_iter().map(|row| {
        Ok(Version {
            number: count(row.version)?,
            title: row.title,
            yaml: row.yaml,
            digest: digest(&row.digest)?,
            effective: row.effective_at.to_jiff(),
            uploaded_by: row.uploaded_by,
            uploaded_at: row.uploaded_at.to_jiff(),
            approval: row.approval_id.map(ApprovalId::from_uuid),
            approval_state: row.approval_state,
            has_come: row.has_come,
            is_past: row.is_past,
        })
    });
    versions.collect()
}

/// One version, or that there is none.
pub async fn get(connection: &mut PgConnection, number: u32, now: Timestamp) -> Result<Version, Failure> {
    let missing = || Refusal::from(PolicyRefusal::NotFound { name: format!("policies/{number}") });
    Ok(page(connection, (Some(number), None), now, Some(1)).await?.pop().ok_or_else(missing)?)
}

/// The version that holds now.
pub async fn in_force(connection: &mut PgConnection, now: Timestamp) -> Result<Version, Failure> {
    let versions = page(connection, (None, None), now, None).await?;
    Ok(versions.into_iter().find(|version| version.has_come).context("no policy holds")?)
}

/// The number of the version after the last one, which nobody else takes until the transaction ends.
pub async fn next_number(connection: &mut PgConnection) -> Result<u32, Failure> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('policy', 0))::text as \"locked!\"")
        .fetch_one(&mut *connection)
        .await?;
    let last = sqlx::query_scalar!("select coalesce(max(version), 0) as \"last!\" from policy_version")
        .fetch_one(connection)
        .await?;
    Ok(count::<_, u32>(last)?.checked_add(1).context("the policy has had every version")?)
}

/// Records a new version.
pub async fn insert(connection: &mut PgConnection, version: &Version) -> Result<(), Failure> {
    sqlx::query!(
        "insert into policy_version (version, title, yaml, digest, effective_at, uploaded_by, uploaded_at, approval_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        count::<_, i32>(version.number)?,
        version.title,
        version.yaml,
        &version.digest[..],
        version.effective.to_sqlx() as _,
        version.uploaded_by,
        version.uploaded_at.to_sqlx() as _,
        version.approval.map(ApprovalId::uuid)
    )
    .execute(connection)
    .await?;
    Ok(())
}
