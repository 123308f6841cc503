//! How far runs are, what their drafts and documents come to, and their exceptions.

use std::collections::HashMap;

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, OrderId, RunId};
use invoicing_domain::billing_run::BillingRun;
use money::{Currency, Money};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::wire::{self, money::message, name, period::days_message};

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
        });
    }
    Ok(totals)
}

/// The place of an exception in its run.
pub type Place = (i32, i32);

/// The exceptions of a run after a place.
pub async fn exceptions(
    connection: &mut PgConnection,
    run: RunId,
    after: Option<Place>,
    limit: i64,
    scope: Option<&Value>,
) -> Result<Vec<(Place, pb::BillingException)>, Failure> {
    let (shard, ordinal) = after.unzip();
    let rows = sqlx::query!(
        "select * from billing_exception e
          where run_id = $1 and ($2::int is null or (shard, ordinal) > ($2, $3::int))
            and exists (select from insertion_order o where (o.account_id, o.order_id) = (e.account_id, e.order_id)
                         and in_scope($4::jsonb, o.entity_id, o.territory, o.account_id))
          order by shard, ordinal limit $5",
        run.uuid(),
        shard,
        ordinal,
        scope,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let severity = match row.severity.as_str() {
                "BLOCK" => pb::ExceptionSeverity::Block,
                _ => pb::ExceptionSeverity::Warn,
            };
            let origin = row.origin_first.zip(row.origin_last);
            let origin = origin.map(|(first, last)| Days::new(first.to_jiff(), last.to_jiff()));
            let amount = row.currency.zip(row.amount).map(|(currency, amount)| {
                anyhow::Ok(
                    Money::of(Currency::parse(&currency).context("no currency")?, amount)
                        .context("no amount")?,
                )
            });
            let account = AccountId::from_uuid(row.account_id);
            let exception = pb::BillingException {
                billing_run: name::run_name(run),
                severity: severity.into(),
                reason: row.reason,
                message: row.message,
                order: row
                    .order_id
                    .map_or_else(String::new, |order| name::order_name(account, OrderId::from_uuid(order))),
                line: row.line_number.unwrap_or_else(String::new),
                origin_period: origin.transpose().context("the database holds no period")?.map(days_message),
                amount: amount.transpose()?.map(message),
            };
            Ok(((row.shard, row.ordinal), exception))
        })
        .collect()
}
