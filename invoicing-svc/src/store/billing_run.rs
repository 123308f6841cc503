//! Billing runs and their shards.

use anyhow::Context;
use calendar::Month;
use chassis::failure::Failure;
use ids::{AccountId, EntityId, RunId};
use invoicing_domain::{
    billing_run::{Act, Approval, BillingRun, BillingRunRefusal, FailedIn, Issue, OpenRun, Root, State},
    resource::ResourceRefusal,
};
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{month, month_day, revision, revision_number};

/// Which runs to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only this one.
    pub id: Option<RunId>,
    /// Only those of this entity.
    pub entity: Option<EntityId>,
    /// Only those of this month.
    pub month: Option<Month>,
    /// Only those before this one: the newest come first.
    pub before: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many.
    pub limit: i64,
}

/// The columns of a state that are null in other states.
struct StateColumns {
    failed_in: Option<&'static str>,
    failure: Option<String>,
    approval: Option<Approval>,
    root: Option<Root>,
    issue_date: Option<Date>,
    issued_by: Option<String>,
    issued_at: Option<Timestamp>,
}

/// Loads runs, the newest first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<BillingRun>, Failure> {
    let rows = sqlx::query!(
        "select * from billing_run
          where ($1::uuid is null or run_id = $1) and ($2::uuid is null or entity_id = $2)
            and ($3::date is null or month = $3) and ($4::uuid is null or run_id < $4)
            and in_scope($5::jsonb, entity_id, null, null)
          order by run_id desc limit $6",
        which.id.map(RunId::uuid),
        which.entity.map(EntityId::uuid),
        which.month.map(|month| month_day(month).to_sqlx()) as _,
        which.before,
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let root = row.drafts_root.map(root).transpose()?;
            let act = row.approved_by.zip(row.approved_at).map(|(by, at)| Act { by, at: at.to_jiff() });
            let approval = root.zip(act).map(|(root, act)| Approval { root, act });
            let issue = approval
                .clone()
                .zip(row.issue_date.zip(row.issued_by))
                .map(|(approval, (date, by))| Issue { approval, date: date.to_jiff(), by });
            let state = match row.state.as_str() {
                "CREATED" => Some(State::Created),
                "RATING" => Some(State::Rating),
                "IN_REVIEW" => root.map(|root| State::InReview { root }),
                "APPROVED" => approval.map(State::Approved),
                "ISSUING" => issue.map(State::Issuing),
                "ISSUED" => {
                    issue.zip(row.issued_at).map(|(issue, at)| State::Issued { issue, at: at.to_jiff() })
                }
                "CANCELLED" => Some(State::Cancelled),
                "FAILED" => failed(row.failed_in.as_deref(), issue)
                    .zip(row.failure)
                    .map(|(from, why)| State::Failed { from, why }),
                _ => None,
            };
            Ok(BillingRun {
                id: RunId::from_uuid(row.run_id),
                revision: revision(row.revision)?,
                entity: EntityId::from_uuid(row.entity_id),
                month: month(row.month.to_jiff()),
                accounts: row.accounts.into_iter().map(AccountId::from_uuid).collect(),
                data_as_of: row.data_as_of.to_jiff(),
                started: Act { by: row.started_by, at: row.started_at.to_jiff() },
                state: state
                    .with_context(|| format!("the database holds a run {} that cannot be", row.state))?,
            })
        })
        .collect()
}

fn failed(from: Option<&str>, issue: Option<Issue>) -> Option<FailedIn> {
    match from {
        Some("RATING") => Some(FailedIn::Rating),
        Some("ISSUING") => issue.map(FailedIn::Issuing),
        Some(_) | None => None,
    }
}

fn root(bytes: Vec<u8>) -> Result<Root, Failure> {
    Ok(Root::try_from(bytes).ok().context("the database holds a root that is no SHA-256")?)
}

/// One run, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    id: RunId,
    scope: Option<&Value>,
) -> Result<BillingRun, Failure> {
    let found = load(connection, Which { id: Some(id), scope, limit: 1, ..Which::default() }).await?.pop();
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: format!("billingRuns/{id}") });
    Ok(found.ok_or_else(missing)?)
}

/// Locks a run until the transaction ends.
pub async fn lock(connection: &mut PgConnection, id: RunId) -> Result<(), Failure> {
    sqlx::query!("select revision from billing_run where run_id = $1 for update", id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// The runs of an entity that are neither issued nor cancelled. The entity is locked before, so that two starts at
/// once see each other.
pub async fn open(connection: &mut PgConnection, entity: EntityId) -> Result<Vec<OpenRun>, Failure> {
    let rows = sqlx::query!(
        "select run_id, month, accounts, state from billing_run
          where entity_id = $1 and state not in ('ISSUED', 'CANCELLED') order by run_id",
        entity.uuid()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OpenRun {
            id: RunId::from_uuid(row.run_id),
            month: month(row.month.to_jiff()),
            accounts: row.accounts.into_iter().map(AccountId::from_uuid).collect(),
            state: row.state,
        })
        .collect())
}

/// The accounts with orders of the entity that began by `last`, out of those asked for, as far as the caller may see.
pub async fn accounts(
    connection: &mut PgConnection,
    entity: EntityId,
    last: Date,
    asked: &[AccountId],
    scope: Option<&Value>,
) -> Result<Vec<AccountId>, Failure> {
    let asked: Vec<Uuid> = asked.iter().map(|account| account.uuid()).collect();
    let rows = sqlx::query_scalar!(
        "select distinct account_id from insertion_order
          where entity_id = $1 and flight_first <= $2 and (cardinality($3::uuid[]) = 0 or account_id = any($3))
            and in_scope($4::jsonb, entity_id, territory, account_id)",
        entity.uuid(),
        last.to_sqlx() as _,
        &asked,
        scope
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(AccountId::from_uuid).collect())
}

/// Records a new run and its shards.
pub async fn insert(
    connection: &mut PgConnection,
    run: &BillingRun,
    shards: &[Vec<AccountId>],
) -> Result<(), Failure> {
    let accounts: Vec<Uuid> = run.accounts.iter().map(|account| account.uuid()).collect();
    sqlx::query!(
        "insert into billing_run (run_id, revision, entity_id, month, accounts, state, data_as_of, started_by, started_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        run.id.uuid(),
        revision_number(run.revision)?,
        run.entity.uuid(),
        month_day(run.month).to_sqlx() as _,
        &accounts,
        run.state.name(),
        run.data_as_of.to_sqlx() as _,
        run.started.by,
        run.started.at.to_sqlx() as _
    )
    .execute(&mut *connection)
    .await?;
    // An array of arrays of different lengths is not to be had, so the accounts go with the number of their shard.
    let (mut numbers, mut members) = (Vec::new(), Vec::new());
    for (number, shard) in (0_i32..).zip(shards) {
        numbers.extend(shard.iter().map(|_| number));
        members.extend(shard.iter().map(|account| account.uuid()));
    }
    sqlx::query!(
        "insert into billing_run_shard (run_id, shard, accounts)
         select $1, shard, coalesce(array_agg(account order by account) filter (where account is not null), '{}')
           from generate_series(0, $2::int - 1) as shard
           left join unnest($3::int[], $4::uuid[]) as member(number, account) on number = shard
          group by shard",
        run.id.uuid(),
        i32::try_from(shards.len()).context("more shards than there are numbers")?,
        &numbers,
        &members
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records the state of a run that is locked, as its next revision.
pub async fn record(connection: &mut PgConnection, run: BillingRun) -> Result<BillingRun, Failure> {
    let revision = run.revision.next().context("the run has had every revision")?;
    let columns = columns(&run.state);
    let refused =
        || BillingRunRefusal::SamePerson { run: run.id.to_string(), person: run.started.by.clone() };
    sqlx::query!(
        "update billing_run set revision = $2::bigint, state = $3, failed_in = $4, failure = $5, drafts_root = $6, approved_by = $7,
           approved_at = $8, issue_date = $9, issued_by = $10, issued_at = $11
         where run_id = $1 and revision = $2::bigint - 1",
        run.id.uuid(),
        revision_number(revision)?,
        run.state.name(),
        columns.failed_in,
        columns.failure,
        columns.root.map(|root| root.to_vec()),
        columns.approval.as_ref().map(|approval| approval.act.by.as_str()),
        columns.approval.as_ref().map(|approval| approval.act.at.to_sqlx()) as _,
        columns.issue_date.map(ToSqlx::to_sqlx) as _,
        columns.issued_by,
        columns.issued_at.map(ToSqlx::to_sqlx) as _
    )
    .execute(connection)
    .await
    .map_err(|error| Failure::from_constraint(error, &[("billing_run_is_approved_by_another", refused().into())]))?;
    Ok(BillingRun { revision, ..run })
}

fn columns(state: &State) -> StateColumns {
    let none = StateColumns {
        failed_in: None,
        failure: None,
        approval: None,
        root: None,
        issue_date: None,
        issued_by: None,
        issued_at: None,
    };
    let approved = |approval: &Approval| (Some(approval.root), Some(approval.clone()));
    let issuing = |issue: &Issue| {
        let (root, approval) = approved(&issue.approval);
        (root, approval, Some(issue.date), Some(issue.by.clone()))
    };
    match state {
        State::Created | State::Rating | State::Cancelled => none,
        State::InReview { root } => StateColumns { root: Some(*root), ..none },
        State::Approved(approval) => {
            let (root, approval) = approved(approval);
            StateColumns { root, approval, ..none }
        }
        State::Issuing(issue) => {
            let (root, approval, issue_date, issued_by) = issuing(issue);
            StateColumns { root, approval, issue_date, issued_by, ..none }
        }
        State::Issued { issue, at } => {
            let (root, approval, issue_date, issued_by) = issuing(issue);
            StateColumns { root, approval, issue_date, issued_by, issued_at: Some(*at), ..none }
        }
        State::Failed { from: FailedIn::Rating, why } => {
            StateColumns { failed_in: Some("RATING"), failure: Some(why.clone()), ..none }
        }
        State::Failed { from: FailedIn::Issuing(issue), why } => {
            let (root, approval, issue_date, issued_by) = issuing(issue);
            let failed_in = Some("ISSUING");
            StateColumns {
                failed_in,
                failure: Some(why.clone()),
                root,
                approval,
                issue_date,
                issued_by,
                ..none
            }
        }
    }
}

/// Accounts that a worker rates in one transaction.
#[derive(Clone, Debug)]
pub struct Shard {
    pub run: RunId,
    pub number: i32,
    pub accounts: Vec<AccountId>,
}

/// Claims a run that nobody has begun to rate, until the transaction ends.
pub async fn claim_created(connection: &mut PgConnection) -> Result<Option<BillingRun>, Failure> {
    let claimed = sqlx::query_scalar!(
        "select run_id from billing_run where state = 'CREATED' order by run_id limit 1 for update skip locked"
    )
    .fetch_optional(&mut *connection)
    .await?;
    found(connection, claimed).await
}

/// Claims a shard that is not rated yet. The row lock is the claim: it ends with the transaction, and so with the
/// worker. The run is held in its state meanwhile, so that a cancellation waits for the shard.
pub async fn claim_shard(connection: &mut PgConnection) -> Result<Option<Shard>, Failure> {
    let claimed = sqlx::query!(
        "select s.run_id, s.shard, s.accounts
           from billing_run_shard s join billing_run r using (run_id)
          where r.state = 'RATING' and s.rated_at is null
          order by s.run_id, s.shard limit 1
            for update of s skip locked for share of r skip locked"
    )
    .fetch_optional(connection)
    .await?;
    Ok(claimed.map(|row| Shard {
        run: RunId::from_uuid(row.run_id),
        number: row.shard,
        accounts: row.accounts.into_iter().map(AccountId::from_uuid).collect(),
    }))
}

/// Marks a claimed shard as rated.
pub async fn shard_rated(connection: &mut PgConnection, shard: &Shard, at: Timestamp) -> Result<(), Failure> {
    sqlx::query!(
        "update billing_run_shard set rated_at = $3 where run_id = $1 and shard = $2",
        shard.run.uuid(),
        shard.number,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Claims a run whose shards are all rated.
pub async fn claim_rated(connection: &mut PgConnection) -> Result<Option<BillingRun>, Failure> {
    let claimed = sqlx::query_scalar!(
        "select run_id from billing_run r
          where state = 'RATING'
            and not exists (select from billing_run_shard s where s.run_id = r.run_id and rated_at is null)
          order by run_id limit 1 for update skip locked"
    )
    .fetch_optional(&mut *connection)
    .await?;
    found(connection, claimed).await
}

/// Claims a run that is to be issued.
pub async fn claim_issuing(connection: &mut PgConnection) -> Result<Option<BillingRun>, Failure> {
    let claimed = sqlx::query_scalar!(
        "select run_id from billing_run where state = 'ISSUING' order by run_id limit 1 for update skip locked"
    )
    .fetch_optional(&mut *connection)
    .await?;
    found(connection, claimed).await
}

async fn found(connection: &mut PgConnection, id: Option<Uuid>) -> Result<Option<BillingRun>, Failure> {
    match id {
        Some(id) => get(connection, RunId::from_uuid(id), None).await.map(Some),
        None => Ok(None),
    }
}
