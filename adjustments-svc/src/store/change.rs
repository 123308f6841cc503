//! Changes that are proposed.

use adjustments_domain::{
    act::Act,
    adjustment::Ending,
    change::{Change, ChangeRefusal, State, Wanted},
};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::{AccountId, ApprovalId, ChangeId, EntityId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{Written, revision, revision_number};

/// Which changes to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub id: Option<ChangeId>,
    pub approval: Option<ApprovalId>,
    pub state: Option<&'a str>,
    pub resource: Option<&'a str>,
    /// Only those before this one.
    pub before: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    pub limit: Option<i64>,
}

/// A change, with what it is made by.
#[derive(Clone, Debug)]
pub struct Kept {
    pub change: Change,
    /// The rights of who proposed it.
    pub grants: Value,
    /// Why it could not be made.
    pub delay: String,
}

/// Loads changes, the latest first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Kept>, Failure> {
    let rows = sqlx::query!(
        "select * from proposed_change
          where ($1::uuid is null or change_id = $1) and ($2::uuid is null or approval_id = $2)
            and ($3::text is null or state = $3) and ($4::text is null or resource = $4)
            and ($5::uuid is null or change_id < $5) and in_scope($6::jsonb, entity_id, null, account_id)
          order by change_id desc limit $7",
        which.id.map(ChangeId::uuid),
        which.approval.map(ApprovalId::uuid),
        which.state,
        which.resource,
        which.before,
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    let kept = rows.into_iter().map(|row| {
        let change = Change {
            id: ChangeId::from_uuid(row.change_id),
            revision: revision(row.revision)?,
            wanted: Wanted {
                kind: Written::read(&row.subject_kind)?,
                method: row.method,
                request: row.request,
                resource: row.resource,
                entity: row.entity_id.map(EntityId::from_uuid),
                account: row.account_id.map(AccountId::from_uuid),
                reason: row.reason,
            },
            made: Act { by: row.made_by, at: row.made_at.to_jiff() },
            approval: ApprovalId::from_uuid(row.approval_id),
            state: state(&row.state, row.executed_at.map(jiff_sqlx::Timestamp::to_jiff))?,
        };
        Ok(Kept { change, grants: row.grants, delay: row.delay })
    });
    kept.collect()
}

fn state(name: &str, executed: Option<Timestamp>) -> Result<State, Failure> {
    Ok(match name {
        "SUBMITTED" => State::Submitted,
        "APPROVED" => State::Approved,
        "EXECUTED" => State::Executed { at: executed.context("an executed change says when")? },
        ended => State::Ended(<Ending as Written>::read(ended)?),
    })
}

/// One change, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    id: ChangeId,
    scope: Option<&Value>,
) -> Result<Kept, Failure> {
    let missing = || Refusal::from(ChangeRefusal::NotFound { name: format!("changes/{id}") });
    let which = Which { id: Some(id), scope, limit: Some(1), ..Which::default() };
    Ok(load(connection, which).await?.pop().ok_or_else(missing)?)
}

/// The change that a request for approval is about.
pub async fn of_approval(
    connection: &mut PgConnection,
    approval: ApprovalId,
) -> Result<Option<Kept>, Failure> {
    let which = Which { approval: Some(approval), limit: Some(1), ..Which::default() };
    Ok(load(connection, which).await?.pop())
}

/// Records a new change, with the rights of who proposes it.
pub async fn insert(connection: &mut PgConnection, change: &Change, grants: &Value) -> Result<(), Failure> {
    let Change { wanted, made, .. } = change;
    sqlx::query!(
        "insert into proposed_change (change_id, revision, subject_kind, method, request, resource, entity_id, account_id, reason,
                                      made_by, made_at, grants, state, approval_id, delay)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '')",
        change.id.uuid(),
        revision_number(change.revision)?,
        wanted.kind.name(),
        wanted.method,
        &wanted.request[..],
        wanted.resource,
        wanted.entity.map(EntityId::uuid),
        wanted.account.map(AccountId::uuid),
        wanted.reason,
        made.by,
        made.at.to_sqlx() as _,
        grants,
        change.state.name(),
        change.approval.uuid()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records where a change stands as its next revision, where it is still as it was loaded.
pub async fn record(connection: &mut PgConnection, change: Change) -> Result<Change, Failure> {
    let next = change.revision.next().context("the change has had every revision")?;
    let executed = match change.state {
        State::Executed { at } => Some(at),
        State::Submitted | State::Approved | State::Ended(_) => None,
    };
    let recorded = sqlx::query!(
        "update proposed_change set revision = $2::bigint, state = $3, executed_at = $4,
                delay = case when $3 = 'EXECUTED' then '' else delay end
          where change_id = $1 and revision = $2::bigint - 1",
        change.id.uuid(),
        revision_number(next)?,
        change.state.name(),
        executed.map(ToSqlx::to_sqlx) as _
    )
    .execute(connection)
    .await?;
    if recorded.rows_affected() != 1 {
        return Err(anyhow!("{} was not at revision {} any more", change.id, change.revision).into());
    }
    Ok(Change { revision: next, ..change })
}

/// An approved change whose next attempt is due. Its request for approval stays locked until the transaction ends: nobody else
/// makes it, and it does not change.
pub async fn claim(connection: &mut PgConnection, now: Timestamp) -> Result<Option<Kept>, Failure> {
    let approval = sqlx::query_scalar!(
        "select a.approval_id from proposed_change c join approval a using (approval_id)
          where c.state = 'APPROVED' and (c.attempt_at is null or c.attempt_at <= $1)
          order by c.attempt_at nulls first limit 1 for update of a skip locked",
        now.to_sqlx() as _
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(approval) = approval else { return Ok(None) };
    of_approval(connection, ApprovalId::from_uuid(approval)).await
}

/// Notes why a change could not be made now, and when it is tried again.
pub async fn record_delay(
    connection: &mut PgConnection,
    id: ChangeId,
    (why, again): (&str, Timestamp),
) -> Result<(), Failure> {
    sqlx::query!(
        "update proposed_change set delay = $2, attempt_at = $3 where change_id = $1",
        id.uuid(),
        why,
        again.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
