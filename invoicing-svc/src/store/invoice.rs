//! Issuing: a chunk of drafts becomes documents, one statement per table.

use std::collections::HashSet;

use anyhow::ensure;
use chassis::failure::Failure;
use ids::{AccountId, RunId, SeriesId};
use invoicing_domain::{billing_run::Issue, period::Posting};
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::month_day;

/// Drafts with their numbers.
#[derive(Clone, Debug)]
pub struct Chunk {
    pub series: SeriesId,
    pub year: i16,
    pub numbered: Vec<Numbered>,
    pub template_version: i32,
    /// Where they are posted.
    pub posting: Posting,
}

/// A draft with its number.
#[derive(Clone, Debug)]
pub struct Numbered {
    pub account: Uuid,
    pub invoice: Uuid,
    pub sequence: i64,
    pub number: String,
    pub due_date: Date,
}

/// Those of the accounts of which a run has issued documents.
pub async fn accounts_of(
    connection: &mut PgConnection,
    run: RunId,
    accounts: &[AccountId],
) -> Result<HashSet<AccountId>, Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let found = sqlx::query_scalar!(
        "select distinct account_id from invoice where run_id = $1 and account_id = any($2)",
        run.uuid(),
        &accounts
    );
    Ok(found.fetch_all(connection).await?.into_iter().map(AccountId::from_uuid).collect())
}

/// Makes the documents of a chunk: numbers and heads, then lines, tax, spots and postings leave the drafts for documents, billed-to-date
/// and ledger; and the drafts are gone.
pub async fn issue(
    connection: &mut PgConnection,
    chunk: &Chunk,
    order: &Issue,
    at: Timestamp,
) -> Result<(), Failure> {
    let account: Vec<_> = chunk.numbered.iter().map(|n| n.account).collect();
    let invoice: Vec<_> = chunk.numbered.iter().map(|n| n.invoice).collect();
    let sequence: Vec<_> = chunk.numbered.iter().map(|n| n.sequence).collect();
    let number: Vec<_> = chunk.numbered.iter().map(|n| n.number.as_str()).collect();
    let due: Vec<_> = chunk.numbered.iter().map(|n| n.due_date.to_sqlx()).collect();
    let date = order.date.to_sqlx();
    let month = month_day(chunk.posting.month).to_sqlx();
    let at = at.to_sqlx();
    // Until the transaction ends all is read by key: planned for the values of a chunk it may seem cheaper to read whole tables.
    sqlx::query("set local plan_cache_mode = force_generic_plan").execute(&mut *connection).await?;
    let made = sqlx::query_file!(
        "src/store/sql/insert_invoices.sql",
        &account,
        &invoice,
        &sequence,
        &number as _,
        &due as _,
        chunk.series.uuid(),
        i32::from(chunk.year),
        date as _,
        month as _,
        order.approval.act.by,
        at as _,
        chunk.template_version
    )
    .execute(&mut *connection)
    .await?;
    // A head that finds no draft would make a number without a document.
    ensure_all(made.rows_affected(), chunk.numbered.len())?;
    sqlx::query_file!("src/store/sql/move_draft_lines.sql", &account, &invoice, month as _, at as _)
        .execute(&mut *connection)
        .await?;
    sqlx::query_file!("src/store/sql/move_draft_taxes.sql", &account, &invoice)
        .execute(&mut *connection)
        .await?;
    sqlx::query_file!("src/store/sql/move_draft_spots.sql", &account, &invoice)
        .execute(&mut *connection)
        .await?;
    sqlx::query_file!(
        "src/store/sql/move_draft_postings.sql",
        &account,
        &invoice,
        chunk.posting.date.to_sqlx() as _,
        month as _,
        at as _
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query_file!("src/store/sql/delete_drafts.sql", &account, &invoice).execute(connection).await?;
    Ok(())
}

fn ensure_all(made: u64, asked: usize) -> Result<(), anyhow::Error> {
    ensure!(u64::try_from(asked) == Ok(made), "{asked} drafts were numbered, but {made} documents made");
    Ok(())
}
