//! What is done about causes that come back.

use adjustments_domain::root_cause::{Adjusted, Improvement, ImprovementRefusal};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::ImprovementId;
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{Written, count, money, revision, revision_number};

/// Which improvements to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub id: Option<ImprovementId>,
    pub state: Option<&'a str>,
    pub cause: Option<&'a str>,
    /// Only those before this one.
    pub before: Option<Uuid>,
    /// What the caller may see; improvements belong to no entity and no account.
    pub scope: Option<&'a Value>,
    pub limit: Option<i64>,
}

/// An improvement, and what was adjusted by its cause in the currency of what is expected of it.
#[derive(Clone, Debug)]
pub struct Kept {
    pub improvement: Improvement,
    pub adjusted: Option<Adjusted>,
}

/// Loads improvements as of a day, the latest first.
pub async fn load(
    connection: &mut PgConnection,
    which: Which<'_>,
    today: Date,
) -> Result<Vec<Kept>, Failure> {
    let rows = sqlx::query_file!(
        "src/store/sql/improvements.sql",
        which.id.map(ImprovementId::uuid),
        which.state,
        which.cause,
        which.before,
        today.first_of_month().to_sqlx() as _,
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    let kept = rows.into_iter().map(|row| {
        let expected = row.currency.as_deref().zip(row.expected);
        let adjusted = match &row.currency {
            None => None,
            Some(currency) => Some(Adjusted {
                before: money(currency, row.before)?,
                since: money(currency, row.since)?,
                months_since: count(row.months_since)?,
            }),
        };
        let improvement = Improvement {
            id: ImprovementId::from_uuid(row.improvement_id),
            revision: revision(row.revision)?,
            cause: Written::read(&row.cause)?,
            month: row.month,
            state: Written::read(&row.state)?,
            owner: row.owner,
            action: row.action,
            expected: expected.map(|(currency, amount)| money(currency, amount)).transpose()?,
            opened: row.opened_at.to_jiff(),
        };
        Ok(Kept { improvement, adjusted })
    });
    kept.collect()
}

/// One improvement, or that there is none.
pub async fn get(connection: &mut PgConnection, id: ImprovementId, today: Date) -> Result<Kept, Failure> {
    let missing = || Refusal::from(ImprovementRefusal::NotFound { name: format!("improvements/{id}") });
    let which = Which { id: Some(id), ..Which::default() };
    Ok(load(connection, which, today).await?.pop().ok_or_else(missing)?)
}

/// Locks an improvement until the transaction ends.
pub async fn lock(connection: &mut PgConnection, id: ImprovementId) -> Result<(), Failure> {
    sqlx::query!("select revision from improvement where improvement_id = $1 for update", id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// The first month after those that were looked at for causes that come back, up to the one that was over last; from now on
/// somebody has looked at it. Where none ever was it begins with the last one. `None`: all were looked at.
pub async fn look_at(connection: &mut PgConnection, last: Date) -> Result<Option<Date>, Failure> {
    let month = sqlx::query_scalar!(
        "insert into cause_month_seen (month)
         select next.month
           from (select coalesce((max(month) + interval '1 month')::date, $1::date) as month from cause_month_seen) as next
          where next.month <= $1::date
         on conflict do nothing returning month",
        last.to_sqlx() as _
    )
    .fetch_optional(connection)
    .await?;
    Ok(month.map(|month| month.to_jiff()))
}

/// Opens an improvement for each of the causes that has none open, and none of this month. Answers the new ones.
pub async fn open(
    connection: &mut PgConnection,
    causes: &[String],
    month: Date,
    now: Timestamp,
) -> Result<Vec<ImprovementId>, Failure> {
    let ids: Vec<Uuid> = causes.iter().map(|_| Uuid::now_v7()).collect();
    let opened = sqlx::query_scalar!(
        "insert into improvement (improvement_id, revision, cause, month, state, action, opened_at)
         select id, 1, cause, $3, 'OPEN', '', $4 from unnest($1::uuid[], $2::text[]) as recurring(id, cause)
         on conflict do nothing returning improvement_id",
        &ids,
        causes,
        month.to_sqlx() as _,
        now.to_sqlx() as _
    )
    .fetch_all(connection)
    .await?;
    Ok(opened.into_iter().map(ImprovementId::from_uuid).collect())
}

/// Records what has changed, as the next revision.
pub async fn record(connection: &mut PgConnection, changed: Improvement) -> Result<Improvement, Failure> {
    let next = changed.revision.next().context("the improvement has had every revision")?;
    let recorded = sqlx::query!(
        "update improvement set revision = $2::bigint, state = $3, owner = $4, action = $5, currency = $6, expected = $7
          where improvement_id = $1 and revision = $2::bigint - 1",
        changed.id.uuid(),
        revision_number(next)?,
        changed.state.name(),
        changed.owner,
        changed.action,
        changed.expected.map(|expected| expected.currency().code()),
        changed.expected.map(|expected| expected.amount())
    )
    .execute(connection)
    .await?;
    if recorded.rows_affected() != 1 {
        return Err(anyhow!("{} was not at revision {} any more", changed.id, changed.revision).into());
    }
    Ok(Improvement { revision: next, ..changed })
}
