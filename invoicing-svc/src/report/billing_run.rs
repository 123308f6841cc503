//! How far runs are, and what their drafts and documents come to.

use std::collections::HashMap;

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use invoicing_domain::billing_run::BillingRun;
use money::{Currency, Money};
use serde_json::Value;
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
    let mut drafted = drafted(connection, &ids).await?;
    runs.iter()
        .map(|run| {
            let known = progress.remove(&run.id.uuid());
            let Known { progress, stale_accounts, drafts_removed, removed, editors } =
                known.context("a run without its progress")?;
            // A run that is not found here has neither drafts nor documents.
            let drafted = drafted.remove(&run.id.uuid()).unwrap_or_else(Drafted::default);
            Ok(pb::BillingRun {
                progress: Some(pb::BillingRunProgress {
                    drafts: drafted.drafts,
                    drafts_issued: drafted.issued,
                    drafts_waiting: drafted.waiting,
                    ..progress
                }),
                totals: drafted.totals,
                stale_accounts,
                drafts_removed,
                removed,
                editors,
                ..wire::billing_run::message(run)
            })
        })
        .collect()
}

/// One run as a message.
pub async fn message_of(connection: &mut PgConnection, run: &BillingRun) -> Result<pb::BillingRun, Failure> {
    let message = messages(connection, std::slice::from_ref(run)).await?.pop();
    Ok(message.context("a run without its message")?)
}

/// What is known of a run besides its state.
struct Known {
    progress: pb::BillingRunProgress,
    stale_accounts: i64,
    drafts_removed: i64,
    removed: Vec<pb::Money>,
    editors: Vec<String>,
}

async fn progress(connection: &mut PgConnection, runs: &[Uuid]) -> Result<HashMap<Uuid, Known>, Failure> {
    let rows = sqlx::query_file!("src/report/sql/progress_of_runs.sql", runs).fetch_all(connection).await?;
    let counted = |count: i64| i32::try_from(count).context("more shards than there are numbers");
    rows.into_iter()
        .map(|row| {
            let progress = pb::BillingRunProgress {
                shards: counted(row.shards)?,
                shards_rated: counted(row.shards_rated)?,
                exceptions: row.exceptions,
                drafts_dropped: row.drafts_dropped,
                ..pb::BillingRunProgress::default()
            };
            let (stale_accounts, drafts_removed) = (row.stale_accounts, row.drafts_removed);
            let (removed, editors) = (removed(&row.removed)?, row.editors);
            Ok((row.run_id, Known { progress, stale_accounts, drafts_removed, removed, editors }))
        })
        .collect()
}

fn removed(amounts: &Value) -> Result<Vec<pb::Money>, Failure> {
    let text = |amount: &Value, key: &str| Some(amount.get(key)?.as_str()?.to_owned());
    let money = |amount| {
        Some(pb::Money { currency_code: text(amount, "currency")?, amount: text(amount, "amount")? })
    };
    let amounts = amounts.as_array().context("the database holds no list of amounts")?;
    let amounts: Option<Vec<_>> = amounts.iter().map(money).collect();
    Ok(amounts.context("the database holds an amount without currency")?)
}

/// The drafts and documents of a run, counted and summed in one pass over them.
#[derive(Default)]
struct Drafted {
    totals: Vec<pb::BillingRunTotals>,
    drafts: i64,
    waiting: i64,
    issued: i64,
}

async fn drafted(connection: &mut PgConnection, runs: &[Uuid]) -> Result<HashMap<Uuid, Drafted>, Failure> {
    let rows = sqlx::query_file!("src/report/sql/totals_of_runs.sql", runs).fetch_all(connection).await?;
    let mut drafted: HashMap<Uuid, Drafted> = HashMap::new();
    for row in rows {
        let currency = Currency::parse(&row.currency).context("the database holds an unknown currency")?;
        let money = |amount| Money::of(currency, amount).context("the database holds parts of a minor unit");
        let of_run = drafted.entry(row.run_id).or_default();
        of_run.drafts += row.drafts - row.drafts_issued;
        of_run.issued += row.drafts_issued;
        of_run.waiting += row.drafts_waiting;
        of_run.totals.push(pb::BillingRunTotals {
            drafts: row.drafts,
            gross: Some(message(money(row.gross)?)),
            commission: Some(message(money(row.commission)?)),
            net: Some(message(money(row.net)?)),
            spots: row.spots,
            net_waiting: Some(message(money(row.net_waiting)?)),
        });
    }
    Ok(drafted)
}
