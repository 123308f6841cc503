//! What was there to be reviewed of a run, and since when: an approval names a root, and drafts that changed since then are
//! not what it signed.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId, RunId};
use invoicing_domain::billing_run::{Changed, Root};
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use money::Money;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::currency;

/// Why a draft waits that is not as it was approved: for machines, and in words.
const CHANGED: (&str, &str) = (
    "CHANGED_SINCE_APPROVAL",
    "the draft is not as it was when its run was approved; the next run bills it, and asks for its own approval",
);

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

/// Drops the drafts that a run has of these accounts, and remembers those that a review has had: a draft that is made again as it
/// was has not changed. What is only on the way to a review is not remembered.
pub async fn supersede(connection: &mut PgConnection, run: RunId, accounts: &[Uuid]) -> Result<(), Failure> {
    sqlx::query!(
        "insert into superseded_draft (account_id, invoice_id, run_id, digest, since, last_review, currency, total)
         select d.account_id, d.invoice_id, d.run_id, d.digest, case when d.waiting then null else d.since end, r.review, d.currency,
                d.total
           from draft d cross join (select max(review) as review from run_review where run_id = $1) as r
          where d.run_id = $1 and d.account_id = any($2) and d.since <= r.review
         on conflict (account_id, invoice_id) do update set digest = excluded.digest, since = excluded.since,
           last_review = excluded.last_review, currency = excluded.currency, total = excluded.total",
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

/// Says that these drafts are not as any review has them: what is written on them, or what they would come to now.
pub async fn touch(
    connection: &mut PgConnection,
    run: RunId,
    drafts: &[(AccountId, InvoiceId)],
) -> Result<(), Failure> {
    let (accounts, invoices): (Vec<Uuid>, Vec<Uuid>) =
        drafts.iter().map(|(account, invoice)| (account.uuid(), invoice.uuid())).unzip();
    sqlx::query!(
        "update draft d
            set since = 1 + coalesce((select max(review) from run_review r where r.run_id = $1), 0)
           from unnest($2::uuid[], $3::uuid[]) as touched(account_id, invoice_id)
          where d.run_id = $1 and (d.account_id, d.invoice_id) = (touched.account_id, touched.invoice_id)",
        run.uuid(),
        &accounts,
        &invoices
    )
    .execute(&mut *connection)
    .await?;
    forget(connection, (&accounts, &invoices)).await
}

/// Whatever these drafts were when they were dropped last, they are not that any more.
pub async fn forget(
    connection: &mut PgConnection,
    (accounts, invoices): (&[Uuid], &[Uuid]),
) -> Result<(), Failure> {
    sqlx::query!(
        "delete from superseded_draft s using unnest($1::uuid[], $2::uuid[]) as other(account_id, invoice_id)
          where (s.account_id, s.invoice_id) = (other.account_id, other.invoice_id)",
        accounts,
        invoices
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What the drafts that changed after a review come to beside the rest, in each currency; those that dropped out before count, and
/// those that were not made again.
pub async fn changed(
    connection: &mut PgConnection,
    run: RunId,
    review: i32,
) -> Result<Vec<Changed>, Failure> {
    let rows = sqlx::query!(
        "select currency as \"currency!\", coalesce(sum(total) filter (where is_going), 0) as \"going!\",
                coalesce(sum(total) filter (where not is_going), 0) as \"removed!\"
           from (select d.currency, d.total, d.since <= $2 as is_going
                   from draft d
                  where d.run_id = $1
                    and (not d.waiting
                         or exists (select from billing_exception e
                                     where e.run_id = $1 and e.account_id = d.account_id and e.invoice_id = d.invoice_id
                                       and e.reason = $3 and e.state = 'OPEN'))
                  union all
                 select v.currency, v.total, false
                   from vanished_draft v where v.run_id = $1 and $2 between v.since and v.last_review) as reviewed
          group by currency order by currency",
        run.uuid(),
        review,
        CHANGED.0
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

/// Lets the drafts that changed after a review wait, each with the exception that says so; and keeps how many have dropped
/// out, with those that were not made again, and what they come to.
pub async fn remove_changed(
    connection: &mut PgConnection,
    (run, review): (RunId, i32),
    changed: &[Changed],
    (at, due): (Timestamp, Date),
) -> Result<(), Failure> {
    sqlx::query_file!(
        "src/store/sql/remove_changed_drafts.sql",
        run.uuid(),
        review,
        at.to_sqlx() as _,
        due.to_sqlx() as _,
        CHANGED.0,
        CHANGED.1
    )
    .execute(&mut *connection)
    .await?;
    let amounts = changed.iter().map(|each| each.removed).filter(|removed| !removed.is_zero());
    let amounts: Vec<_> = amounts
        .map(|removed| serde_json::json!({ "currency": removed.currency().code(), "amount": removed.to_string() }))
        .collect();
    sqlx::query!(
        "update billing_run
            set removed = $2,
                drafts_removed = (select count(*) from billing_exception e where e.run_id = $1 and e.reason = $3 and e.state = 'OPEN')
                               + (select count(*) from vanished_draft v where v.run_id = $1 and $4 between v.since and v.last_review)
          where run_id = $1",
        run.uuid(),
        serde_json::Value::from(amounts),
        CHANGED.0,
        review
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What has dropped out of an approval that does not hold any more is reviewed again with the rest.
pub async fn take_back_in(connection: &mut PgConnection, run: RunId, at: Timestamp) -> Result<(), Failure> {
    let settled = sqlx::query!(
        "update billing_exception
            set state = 'RESOLVED', resolution = 'the whole run is to be approved anew', settled_by = 'system', settled_at = $2,
                revision = revision + 1
          where run_id = $1 and reason = $3 and state = 'OPEN'
         returning account_id, invoice_id as \"invoice_id!\"",
        run.uuid(),
        at.to_sqlx() as _,
        CHANGED.0
    )
    .fetch_all(&mut *connection)
    .await?;
    sqlx::query!(
        "update billing_run set removed = '[]', drafts_removed = 0 where run_id = $1 and drafts_removed > 0",
        run.uuid()
    )
    .execute(&mut *connection)
    .await?;
    if settled.is_empty() {
        return Ok(());
    }
    let (accounts, invoices): (Vec<Uuid>, Vec<Uuid>) =
        settled.into_iter().map(|row| (row.account_id, row.invoice_id)).unzip();
    sqlx::query!(
        "update draft d set waiting = false
           from unnest($2::uuid[], $3::uuid[]) as settled(account_id, invoice_id)
          where d.run_id = $1 and (d.account_id, d.invoice_id) = (settled.account_id, settled.invoice_id)
            and not exists (select from billing_exception e
                             where e.run_id = $1 and e.account_id = d.account_id and e.invoice_id = d.invoice_id
                               and e.state = 'OPEN' and e.severity = 'BLOCK')",
        run.uuid(),
        &accounts,
        &invoices
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A run was approved: by its own second person all that had come by now is approved with it, by an approval that was granted
/// elsewhere what the run has seen.
pub async fn approved(connection: &mut PgConnection, run: RunId, is_granted: bool) -> Result<(), Failure> {
    sqlx::query!(
        "update billing_run set approved_seen = case when $2 then snapshot else pg_current_snapshot() end where run_id = $1",
        run.uuid(),
        is_granted
    )
    .execute(connection)
    .await?;
    Ok(())
}
