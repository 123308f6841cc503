//! What was there to be reviewed of a run, and since when: an approval names a root, and drafts that changed since then are
//! not what it signed.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, RunId};
use invoicing_domain::billing_run::{Changed, Root};
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use money::Money;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::currency;

/// Keeps the root that can be approved from now on.
pub async fn record(connection: &mut PgConnection, run: RunId, root: &Root) -> Result<(), Failure> {
    sqlx::query!(
        "insert into run_review (run_id, review, drafts_root)
         select $1, 1 + coalesce(max(review), 0), $2 from run_review where run_id = $1",
        run.uuid(),
        root.as_slice()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The latest review with this root.
pub async fn with_root(
    connection: &mut PgConnection,
    run: RunId,
    root: &Root,
) -> Result<Option<i32>, Failure> {
    let review = sqlx::query_scalar!(
        "select max(review) from run_review where run_id = $1 and drafts_root = $2",
        run.uuid(),
        root.as_slice()
    );
    Ok(review.fetch_one(connection).await?)
}

/// Drops the drafts that a run has of these accounts, and remembers what they were: a draft that is made again as it was
/// has not changed.
pub async fn supersede(connection: &mut PgConnection, run: RunId, accounts: &[Uuid]) -> Result<(), Failure> {
    sqlx::query!(
        "insert into superseded_draft (account_id, invoice_id, run_id, digest, since)
         select account_id, invoice_id, run_id, digest, case when waiting then null else since end
           from draft where run_id = $1 and account_id = any($2)
         on conflict (account_id, invoice_id) do update set digest = excluded.digest, since = excluded.since",
        run.uuid(),
        accounts
    )
    .execute(&mut *connection)
    .await?;
    super::draft::delete_of(connection, run, accounts).await
}

/// Says since which review the drafts of these accounts are as they are. What a run drafts first is since its first review.
pub async fn place(connection: &mut PgConnection, run: RunId, accounts: &[AccountId]) -> Result<(), Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    sqlx::query!(
        "update draft d
            set since = coalesce((select s.since from superseded_draft s
                                   where s.account_id = d.account_id and s.invoice_id = d.invoice_id and s.digest = d.digest), 1 + r.review)
           from (select max(review) as review from run_review where run_id = $1) as r
          where d.run_id = $1 and d.account_id = any($2) and r.review is not null",
        run.uuid(),
        &accounts
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What the drafts that changed after a review come to beside the rest, in each currency.
pub async fn changed(
    connection: &mut PgConnection,
    run: RunId,
    review: i32,
) -> Result<Vec<Changed>, Failure> {
    let rows = sqlx::query!(
        "select currency, coalesce(sum(total) filter (where since <= $2), 0) as \"going!\",
                coalesce(sum(total) filter (where since > $2), 0) as \"removed!\"
           from draft where run_id = $1 and not waiting group by currency order by currency",
        run.uuid(),
        review
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = currency(&row.currency)?;
            let money =
                |amount| Money::of(currency, amount).context("the database holds parts of a minor unit");
            Ok(Changed { going: money(row.going)?, removed: money(row.removed)? })
        })
        .collect()
}

/// Lets the drafts that changed after a review wait, each with the exception that says so; and keeps how many they are
/// and what they come to.
pub async fn remove_changed(
    connection: &mut PgConnection,
    (run, review): (RunId, i32),
    changed: &[Changed],
    (at, due): (Timestamp, Date),
) -> Result<(), Failure> {
    let (reason, message) = (
        "CHANGED_SINCE_APPROVAL",
        "the draft is not as it was when its run was approved; the next run bills it, and asks for its own approval",
    );
    let removed = sqlx::query_file!(
        "src/store/sql/remove_changed_drafts.sql",
        run.uuid(),
        review,
        at.to_sqlx() as _,
        due.to_sqlx() as _,
        reason,
        message
    )
    .execute(&mut *connection)
    .await?;
    let drafts = i64::try_from(removed.rows_affected()).context("more drafts than there are numbers")?;
    let amounts = changed.iter().map(|each| each.removed).filter(|removed| !removed.is_zero());
    let amounts: Vec<_> = amounts
        .map(|removed| serde_json::json!({ "currency": removed.currency().code(), "amount": removed.to_string() }))
        .collect();
    sqlx::query!(
        "update billing_run set drafts_removed = $2, removed = $3 where run_id = $1",
        run.uuid(),
        drafts,
        serde_json::Value::from(amounts)
    )
    .execute(connection)
    .await?;
    Ok(())
}
