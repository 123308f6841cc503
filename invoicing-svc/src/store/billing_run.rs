//! Billing runs and their shards.

use anyhow::{Context, anyhow};
use calendar::Month;
use chassis::failure::Failure;
use ids::{AccountId, EntityId, RunId, SeriesId};
use invoicing_domain::{
    billing_run::{
        Act, Approval, BillingRun, BillingRunRefusal, FailedIn, Issue, Issuing, OpenRun, Root, State,
    },
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
#[derive(Default)]
struct StateColumns {
    failed_in: Option<&'static str>,
    failure: Option<String>,
    approval: Option<Approval>,
    root: Option<Root>,
    issue_date: Option<Date>,
    series: Option<Uuid>,
    issued_by: Option<String>,
    issued_at: Option<Timestamp>,
}

/// Loads runs, the newest first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<BillingRun>, Failure> {
    let rows = sqlx::query!(
        "select run_id, revision, entity_id, month, accounts, preview, state, failed_in, failure, data_as_of, started_by,
                started_at, approved_by, approved_at, drafts_root, issue_date, series_id, issued_by, issued_at, approval
           from billing_run
          where ($1::uuid is null or run_id = $1) and ($2::uuid is null or entity_id = $2)
            and ($3::date is null or month = $3) and ($4::uuid is null or run_id < $4)
            -- A run shows what its accounts are billed, so it takes a grant for all of them.
            and (covers_entity($5::jsonb, entity_id)
                 or (cardinality(accounts) > 0
                     and not exists (select from account a where a.account_id = any(accounts)
                                        and not in_scope($5::jsonb, entity_id, a.territory, a.account_id))))
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
            let approval = root.zip(act).map(|(root, act)| Approval { root, act, request: row.approval });
            let issue = approval.clone().zip(row.issue_date.zip(row.series_id).zip(row.issued_by)).map(
                |(approval, ((date, series), by))| {
                    let series = SeriesId::from_uuid(series);
                    Issue { approval, date: date.to_jiff(), series, by }
                },
            );
            let state = match row.state.as_str() {
                "CREATED" => Some(State::Created),
                "RATING" => Some(State::Rating(approval)),
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
                preview: row.preview,
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

/// The runs of an entity that are neither issued nor cancelled, and no previews. The entity is locked before, so that two starts at
/// once see each other.
pub async fn open(connection: &mut PgConnection, entity: EntityId) -> Result<Vec<OpenRun>, Failure> {
    let rows = sqlx::query!(
        "select run_id, month, accounts, state from billing_run
          where entity_id = $1 and not preview and state not in ('ISSUED', 'CANCELLED') order by run_id",
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

/// The accounts with a line of the entity that began by `last`, out of those asked for, as far as the caller may see.
pub async fn accounts(
    connection: &mut PgConnection,
    entity: EntityId,
    last: Date,
    asked: &[AccountId],
    scope: Option<&Value>,
) -> Result<Vec<AccountId>, Failure> {
    let asked: Vec<Uuid> = asked.iter().map(|account| account.uuid()).collect();
    let rows = sqlx::query_scalar!(
        "select distinct o.account_id from insertion_order o join account a using (account_id)
          where o.entity_id = $1 and (cardinality($3::uuid[]) = 0 or o.account_id = any($3))
            and exists (select from order_line l
                         where (l.account_id, l.order_id) = (o.account_id, o.order_id) and l.flight_first <= $2)
            and in_scope($4::jsonb, o.entity_id, a.territory, o.account_id)",
        entity.uuid(),
        last.to_sqlx() as _,
        &asked,
        scope
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(AccountId::from_uuid).collect())
}

/// Records a new run and its shards. It has seen what `snapshot` has.
pub async fn insert(
    connection: &mut PgConnection,
    run: &BillingRun,
    snapshot: &str,
    shards: &[Vec<AccountId>],
) -> Result<(), Failure> {
    let accounts: Vec<Uuid> = run.accounts.iter().map(|account| account.uuid()).collect();
    sqlx::query!(
        "insert into billing_run (run_id, revision, entity_id, month, accounts, state, data_as_of, started_by, started_at, preview,
                                  snapshot)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::pg_snapshot)",
        run.id.uuid(),
        revision_number(run.revision)?,
        run.entity.uuid(),
        month_day(run.month).to_sqlx() as _,
        &accounts,
        run.state.name(),
        run.data_as_of.to_sqlx() as _,
        run.started.by,
        run.started.at.to_sqlx() as _,
        run.preview,
        snapshot
    )
    .execute(&mut *connection)
    .await?;
    insert_shards(connection, run.id, shards).await?;
    Ok(())
}

/// Records portions of accounts to be rated, after those that the run has. Answers the number of the first.
pub async fn insert_shards(
    connection: &mut PgConnection,
    run: RunId,
    shards: &[Vec<AccountId>],
) -> Result<i32, Failure> {
    let first = sqlx::query_scalar!(
        "select coalesce(max(shard) + 1, 0) as \"first!\" from billing_run_shard where run_id = $1",
        run.uuid()
    )
    .fetch_one(&mut *connection)
    .await?;
    // An array of arrays of different lengths is not to be had, so the accounts go with the number of their shard.
    let (mut numbers, mut members) = (Vec::new(), Vec::new());
    for (number, shard) in (0_i32..).zip(shards) {
        numbers.extend(shard.iter().map(|_| number));
        members.extend(shard.iter().map(|account| account.uuid()));
    }
    sqlx::query!(
        "insert into billing_run_shard (run_id, shard, accounts)
         select $1, shard + $5, coalesce(array_agg(account order by account) filter (where account is not null), '{}')
           from generate_series(0, $2::int - 1) as shard
           left join unnest($3::int[], $4::uuid[]) as member(number, account) on number = shard
          group by shard",
        run.uuid(),
        i32::try_from(shards.len()).context("more shards than there are numbers")?,
        &numbers,
        &members,
        first
    )
    .execute(connection)
    .await?;
    Ok(first)
}

/// Records the state of a run that is locked, as its next revision.
pub async fn record(connection: &mut PgConnection, run: BillingRun) -> Result<BillingRun, Failure> {
    let revision = run.revision.next().context("the run has had every revision")?;
    let columns = columns(&run.state);
    let refused =
        || BillingRunRefusal::SamePerson { run: run.id.to_string(), person: run.started.by.clone() };
    let recorded = sqlx::query!(
        "update billing_run set revision = $2::bigint, state = $3, failed_in = $4, failure = $5, drafts_root = $6, approved_by = $7,
           approved_at = $8, issue_date = $9, issued_by = $10, issued_at = $11, series_id = $12, data_as_of = $13,
           approval = $14
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
        columns.issued_at.map(ToSqlx::to_sqlx) as _,
        columns.series,
        run.data_as_of.to_sqlx() as _,
        columns.approval.as_ref().and_then(|approval| approval.request.as_deref())
    )
    .execute(connection)
    .await
    .map_err(|error| Failure::from_constraint(error, &[("billing_run_is_approved_by_another", refused().into())]))?;
    // The run is locked, so nobody else can have been faster; if somebody was, nothing is recorded.
    if recorded.rows_affected() != 1 {
        return Err(anyhow!("{} was not at revision {} any more", run.id, run.revision).into());
    }
    Ok(BillingRun { revision, ..run })
}

fn columns(state: &State) -> StateColumns {
    match state {
        State::Created | State::Rating(None) | State::Cancelled => StateColumns::default(),
        State::Rating(Some(approval)) => StateColumns::approved(approval),
        State::InReview { root } => StateColumns { root: Some(*root), ..StateColumns::default() },
        State::Approved(approval) => StateColumns::approved(approval),
        State::Issuing(issue) => StateColumns::issuing(issue),
        State::Issued { issue, at } => StateColumns { issued_at: Some(*at), ..StateColumns::issuing(issue) },
        State::Failed { from: FailedIn::Rating, why } => {
            StateColumns { failed_in: Some("RATING"), failure: Some(why.clone()), ..StateColumns::default() }
        }
        State::Failed { from: FailedIn::Issuing(issue), why } => StateColumns {
            failed_in: Some("ISSUING"),
            failure: Some(why.clone()),
            ..StateColumns::issuing(issue)
        },
    }
}

impl StateColumns {
    fn approved(approval: &Approval) -> Self {
        Self { root: Some(approval.root), approval: Some(approval.clone()), ..Self::default() }
    }

    fn issuing(issue: &Issue) -> Self {
        Self {
            issue_date: Some(issue.date),
            series: Some(issue.series.uuid()),
            issued_by: Some(issue.by.clone()),
            ..Self::approved(&issue.approval)
        }
    }
}

/// The runs that issue on a series, or stopped while they did, and how many drafts they have left.
pub async fn issuing(
    connection: &mut PgConnection,
    series: SeriesId,
) -> Result<(Vec<Issuing>, i64), Failure> {
    let rows = sqlx::query!(
        "select run_id, issue_date as \"issue_date!\",
                (select count(*) from draft d where d.run_id = r.run_id and not d.waiting) as \"drafts!\"
           from billing_run r
          where series_id = $1 and (state = 'ISSUING' or failed_in = 'ISSUING') and issue_date is not null
          order by run_id",
        series.uuid()
    )
    .fetch_all(connection)
    .await?;
    let drafts = rows.iter().map(|row| row.drafts).sum();
    let issuing = rows
        .into_iter()
        .map(|row| Issuing { run: RunId::from_uuid(row.run_id), date: row.issue_date.to_jiff() })
        .collect();
    Ok((issuing, drafts))
}

/// The runs in review that took in an account, each locked.
pub async fn reviewing(connection: &mut PgConnection, account: AccountId) -> Result<Vec<RunId>, Failure> {
    let runs = sqlx::query_scalar!(
        "select run_id from billing_run r
          where state = 'IN_REVIEW'
            and exists (select from billing_run_shard s where s.run_id = r.run_id and $1 = any(s.accounts))
          order by run_id for update",
        account.uuid()
    );
    Ok(runs.fetch_all(connection).await?.into_iter().map(RunId::from_uuid).collect())
}

/// Somebody wrote on a draft of a run, which is locked.
pub async fn record_editor(connection: &mut PgConnection, run: RunId, editor: &str) -> Result<(), Failure> {
    sqlx::query!(
        "update billing_run set editors = array_append(editors, $2) where run_id = $1 and not $2 = any(editors)",
        run.uuid(),
        editor
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The run went on without so many drafts.
pub async fn record_dropped(connection: &mut PgConnection, run: RunId, drafts: usize) -> Result<(), Failure> {
    let drafts = i64::try_from(drafts).context("more drafts than there are numbers")?;
    sqlx::query!("update billing_run set drafts_dropped = $2 where run_id = $1", run.uuid(), drafts)
        .execute(connection)
        .await?;
    Ok(())
}

/// How many drafts of a run wait for nothing, and how many documents it has.
pub async fn counts(connection: &mut PgConnection, run: RunId) -> Result<(i64, i64), Failure> {
    let row = sqlx::query!(
        "select (select count(*) from draft where run_id = $1 and not waiting) as \"drafts!\",
                (select count(*) from invoice where run_id = $1) as \"documents!\"",
        run.uuid()
    )
    .fetch_one(connection)
    .await?;
    Ok((row.drafts, row.documents))
}
