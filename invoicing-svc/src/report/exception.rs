//! What a run found, and how it was settled.

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, ExceptionId, InvoiceId, OrderId, RunId};
use invoicing_domain::resource::ResourceRefusal;
use money::{Currency, Money};
use refusal::Refusal;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::order::value;
use crate::wire::{
    money::message,
    name,
    period::{day_message, days_message, time_message},
};

/// The place of an exception in its run.
pub type Place = (i32, i32);

/// Which exceptions of a run to answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub id: Option<ExceptionId>,
    /// `OPEN`, `RESOLVED` or `OVERRIDDEN`.
    pub state: Option<&'a str>,
    /// `WARN` or `BLOCK`.
    pub severity: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub account: Option<AccountId>,
    /// Only those after this one.
    pub after: Option<Place>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many.
    pub limit: i64,
}

/// A way in which a line could be billed, as the database keeps it.
#[derive(Deserialize)]
struct Outcome {
    outcome: String,
    units: String,
    amount: String,
}

/// So many units at a price, as the database keeps it.
#[derive(Deserialize)]
struct Change {
    quantity: String,
    rate: String,
    price_base: i32,
}

/// So much of a line of a document, as the database keeps it.
#[derive(Deserialize)]
struct TakenBack {
    invoice: Uuid,
    line: i32,
    gross: String,
    spots: Vec<String>,
}

/// The exceptions of a run, each with its account, in the order in which the run found them.
pub async fn load(
    connection: &mut PgConnection,
    run: RunId,
    which: Which<'_>,
) -> Result<Vec<(Place, AccountId, pb::BillingException)>, Failure> {
    let (shard, ordinal) = which.after.unzip();
    let rows = sqlx::query_file!(
        "src/report/sql/exceptions.sql",
        run.uuid(),
        shard,
        ordinal,
        which.id.map(ExceptionId::uuid),
        which.state,
        which.severity,
        which.reason,
        which.account.map(AccountId::uuid),
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let account = AccountId::from_uuid(row.account_id);
            let origin = row.origin_first.zip(row.origin_last);
            let origin = origin.map(|(first, last)| Days::new(first.to_jiff(), last.to_jiff())).transpose();
            let currency = row.currency.map(|code| Currency::parse(&code)).transpose();
            let currency = currency.context("the database holds an unknown currency")?;
            let invoice = |invoice| name::invoice_name(account, InvoiceId::from_uuid(invoice));
            let exception = pb::BillingException {
                billing_run: name::run_name(run),
                severity: value("EXCEPTION_SEVERITY", &row.severity, pb::ExceptionSeverity::from_str_name)?,
                reason: row.reason,
                message: row.message,
                order: name::order_name(account, OrderId::from_uuid(row.order_id)),
                line: row.line_number.unwrap_or_else(String::new),
                origin_period: origin.context("the database holds no period")?.map(days_message),
                amount: currency
                    .zip(row.amount)
                    .map(|(currency, amount)| money(currency, amount))
                    .transpose()?,
                name: name::exception_name(run, ExceptionId::from_uuid(row.exception_id)),
                etag: format!("r{}", row.revision),
                state: value("EXCEPTION_STATE", &row.state, pb::ExceptionState::from_str_name)?,
                invoice: row.invoice_id.map_or_else(String::new, invoice),
                owner: row.owner.unwrap_or_else(String::new),
                open_time: Some(time_message(row.opened_at.to_jiff())),
                due_date: row.due_on.map(|day| day_message(day.to_jiff())),
                outcomes: outcomes(currency, row.outcomes)?,
                outcome: row.outcome.unwrap_or_else(String::new),
                resolution: row.resolution.unwrap_or_else(String::new),
                settled_by: row.settled_by.unwrap_or_else(String::new),
                settle_time: row.settled_at.map(|at| time_message(at.to_jiff())),
                changes: changes(row.changes)?,
                cause: row.cause,
                billed_by: row.billed_by.into_iter().map(invoice).collect(),
                taken_back: taken_back(account, currency, row.taken_back)?,
                makers: row.makers,
            };
            Ok(((row.shard, row.ordinal), account, exception))
        })
        .collect()
}

/// One exception with its account, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    run: RunId,
    id: ExceptionId,
    scope: Option<&Value>,
) -> Result<(AccountId, pb::BillingException), Failure> {
    let which = Which { id: Some(id), scope, limit: 1, ..Which::default() };
    let found = load(connection, run, which).await?.pop();
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: name::exception_name(run, id) });
    let (_, account, exception) = found.ok_or_else(missing)?;
    Ok((account, exception))
}

/// Whether an exception is in a scope.
pub async fn is_seen(
    connection: &mut PgConnection,
    (run, id): (RunId, ExceptionId),
    scope: Option<&Value>,
) -> Result<bool, Failure> {
    let which = Which { id: Some(id), scope, limit: 1, ..Which::default() };
    Ok(!load(connection, run, which).await?.is_empty())
}

/// What is held in a run and should be corrected, with its account.
pub async fn proposed(
    connection: &mut PgConnection,
    run: RunId,
    limit: i64,
) -> Result<Vec<(AccountId, pb::BillingException)>, Failure> {
    let which = Which { state: Some("OPEN"), reason: Some("NEGATIVE_DELTA"), limit, ..Which::default() };
    let held = load(connection, run, which).await?;
    Ok(held.into_iter().map(|(_, account, exception)| (account, exception)).collect())
}

fn money(currency: Currency, amount: Decimal) -> Result<pb::Money, Failure> {
    Ok(message(Money::of(currency, amount).context("the database holds parts of a minor unit")?))
}

fn outcomes(currency: Option<Currency>, stored: Value) -> Result<Vec<pb::PricedOutcome>, Failure> {
    let outcomes: Vec<Outcome> =
        serde_json::from_value(stored).context("the database holds outcomes that cannot be read")?;
    outcomes
        .into_iter()
        .map(|outcome| {
            let currency = currency.context("the database holds outcomes without a currency")?;
            let amount = Money::parse(currency, &outcome.amount)
                .context("the database holds an outcome without its amount")?;
            let Outcome { outcome, units, .. } = outcome;
            Ok(pb::PricedOutcome { outcome, units, amount: Some(message(amount)) })
        })
        .collect()
}

fn changes(stored: Value) -> Result<Vec<pb::BilledChange>, Failure> {
    let changes: Vec<Change> =
        serde_json::from_value(stored).context("the database holds changes that cannot be read")?;
    let change = |Change { quantity, rate, price_base }| pb::BilledChange { quantity, rate, price_base };
    Ok(changes.into_iter().map(change).collect())
}

fn taken_back(
    account: AccountId,
    currency: Option<Currency>,
    stored: Value,
) -> Result<Vec<pb::TakenBack>, Failure> {
    let lines: Vec<TakenBack> =
        serde_json::from_value(stored).context("the database holds shares that cannot be read")?;
    lines
        .into_iter()
        .map(|TakenBack { invoice, line, gross, spots }| {
            let currency = currency.context("the database holds shares without a currency")?;
            let gross =
                Money::parse(currency, &gross).context("the database holds a share without its amount")?;
            let invoice = name::invoice_name(account, InvoiceId::from_uuid(invoice));
            Ok(pb::TakenBack { invoice, line, gross: Some(message(gross)), spots })
        })
        .collect()
}
