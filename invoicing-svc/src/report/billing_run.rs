//! How far runs are, and what their drafts and documents come to.

use std::collections::HashMap;

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use invoicing_domain::billing_run::BillingRun;
use money::{Currency, Money};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::wire::{self, money::message};

/// The runs as messages, with their progress and totals.
pub async fn messages(
    connection: &mut PgConnection,
    runs: &[BillingRun],
) -> Result<Vec<pb::BillingRun>, Failure> {
    let ids: Vec<Uuid> = runs.iter().map(|run| run.id.uuid()).collect();
    let mut progress = progress(connection, &ids).await?;
    let mut totals = totals(connection, &ids).await?;
    Ok(runs
        .iter()
        .map(|run| {
            let (progress, stale_accounts) = progress.remove(&run.id.uuid()).unzip();
            pb::BillingRun {
                progress,
                totals: totals.remove(&run.id.uuid()).unwrap_or_else(Vec::new),
                // A run that is not found here has no progress, and so nothing stale either.
                stale_accounts: stale_accounts.map_or(0, |stale| stale),
                ..wire::billing_run::message(run)
            }
        })
        .collect())
}

/// One run as a message.
pub async fn message_of(connection: &mut PgConnection, run: &BillingRun) -> Result<pb::BillingRun, Failure> {
    let message = messages(connection, std::slice::from_ref(run)).await?.pop();
    Ok(message.context("a run without its message")?)
}

async fn progress(
    connection: &mut PgConnection,
    runs: &[Uuid],
) -> Result<HashMap<Uuid, (pb::BillingRunProgress, i64)>, Failure> {
    let rows = sqlx::query_file!("src/report/sql/progress_of_runs.sql", runs).fetch_all(connection).await?;
    let counted = |count: i64| i32::try_from(count).context("more shards than there are numbers");
    rows.into_iter()
        .map(|row| {
            let progress = pb::BillingRunProgress {
                shards: counted(row.shards)?,
                shards_rated: counted(row.shards_rated)?,
                drafts: row.drafts,
                drafts_issued: row.drafts_issued,
                exceptions: row.exceptions,
                drafts_waiting: row.drafts_waiting,
                drafts_dropped: row.drafts_dropped,
            };
            Ok((row.run_id, (progress, row.stale_accounts)))
        })
        .collect()
}

async fn totals(
    connection: &mut PgConnection,
    runs: &[Uuid],
) -> Result<HashMap<Uuid, Vec<pb::BillingRunTotals>>, Failure> {
    let rows = sqlx::query_file!("src/report/sql/totals_of_runs.sql", runs).fetch_all(connection).await?;
    let mut totals: HashMap<Uuid, Vec<pb::BillingRunTotals>> = HashMap::new();
    for row in rows {
        let currency = Currency::parse(&row.currency).context("the database holds an unknown currency")?;
        let money = |amount| Money::of(currency, amount).context("the database holds parts of a minor unit");
        totals.entry(row.run_id).or_default().push(pb::BillingRunTotals {
            drafts: row.drafts,
            gross: Some(message(money(row.gross)?)),
            commission: Some(message(money(row.commission)?)),
            net: Some(message(money(row.net)?)),
            spots: row.spots,
            net_waiting: Some(message(money(row.net_waiting)?)),
        });
    }
    Ok(totals)
}
