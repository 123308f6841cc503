//! Requests for approval, with who has a part in them and what was decided.

mod load;
mod plan;
mod record;

pub use load::{Which, get, load};
pub use record::{NewDecisions, insert, record};

use adjustments_domain::approval::RequestRefusal;
use chassis::failure::Failure;
use ids::ApprovalId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

/// Locks a request until the transaction ends, so that of two decisions one comes after the other.
pub async fn lock(connection: &mut PgConnection, id: ApprovalId) -> Result<(), Failure> {
    sqlx::query!("select revision from approval where approval_id = $1 for update", id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// The request about a subject that has not ended.
pub async fn open(connection: &mut PgConnection, subject: &str) -> Result<Option<ApprovalId>, Failure> {
    let open = sqlx::query_scalar!(
        "select approval_id from approval where subject = $1 and state in ('PENDING', 'APPROVED')",
        subject
    )
    .fetch_optional(connection)
    .await?;
    Ok(open.map(ApprovalId::from_uuid))
}

/// Whether an incident has let something pass.
pub async fn incident_is_used(connection: &mut PgConnection, incident: &str) -> Result<bool, Failure> {
    let used = sqlx::query_scalar!(
        "select exists (select from approval where glass_incident = $1) as \"used!\"",
        incident
    )
    .fetch_one(connection)
    .await?;
    Ok(used)
}

/// A request for which something is due, locked; what another worker holds is left to it.
pub async fn claim_due(connection: &mut PgConnection, now: Timestamp) -> Result<Option<ApprovalId>, Failure> {
    let due = sqlx::query_scalar!(
        "select approval_id from approval
          where (state = 'PENDING' and (expire_at <= $1 or not reminded and remind_at <= $1 or not escalated and escalate_at <= $1))
             or (state = 'POST_REVIEW_DUE' and review_due_at <= $1)
          order by approval_id limit 1 for update skip locked",
        now.to_sqlx() as _
    )
    .fetch_optional(connection)
    .await?;
    Ok(due.map(ApprovalId::from_uuid))
}

/// The refusal of a constraint that says what the domain says.
fn refused(error: sqlx::Error, subject: &str, id: ApprovalId) -> Failure {
    let open = RequestRefusal::Open { subject: subject.to_owned(), request: "another request".to_owned() };
    let why = "they stand on the side of those who have a part in it".to_owned();
    let own = RequestRefusal::SelfApproval { request: id.to_string(), why };
    let used = RequestRefusal::IncidentUsed { incident: "of this name".to_owned() };
    Failure::from_constraint(
        error,
        &[
            ("approval_subject_is_open_once", open.into()),
            ("approval_side_is_one_only", own.clone().into()),
            ("approval_involved_is_on_its_side", own.clone().into()),
            ("approval_decision_is_on_its_side", own.into()),
            ("approval_incident_counts_once", used.into()),
        ],
    )
}
