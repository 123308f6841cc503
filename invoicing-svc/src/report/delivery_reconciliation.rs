//! What a source has against what is known here.

use billing_proto::billing::invoicing::v1 as pb;
use calendar::Days;
use chassis::failure::Failure;
use invoicing_domain::delivery::{Difference, Measure, reconcile};
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;

use crate::wire::{
    delivery_reconciliation::{Header, Sent, SentBatch, SentLine},
    period::days_message,
};

/// How many differences are told.
const DIFFERENCES_MAX: usize = 1_000;

/// Compares, for a caller who sees their scope and what they sent.
pub async fn compare(
    connection: &mut PgConnection,
    header: &Header,
    sent: &Sent,
    (scope, person): (Option<&Value>, &str),
) -> Result<pb::ReconcileDeliveryResponse, Failure> {
    let (mut equal, mut differences) = (0, Vec::new());
    if !sent.batches.is_empty() || header.lines.is_none() {
        equal +=
            batches(connection, &header.source, &sent.batches, (scope, person), &mut differences).await?;
    }
    if let Some((system, measure)) = header.lines.as_ref().filter(|_| !sent.lines.is_empty()) {
        let which = (&*header.source, &**system, *measure);
        equal += lines(connection, which, &sent.lines, scope, &mut differences).await?;
    }
    differences.sort_by_key(|(difference, _)| *difference);
    let difference_count = i64::try_from(differences.len()).map_err(anyhow::Error::new)?;
    let differences = differences.into_iter().take(DIFFERENCES_MAX).map(|(_, message)| message).collect();
    Ok(pb::ReconcileDeliveryResponse { equal, differences, difference_count })
}

type Found = Vec<(Difference, pb::DeliveryDifference)>;

async fn batches(
    connection: &mut PgConnection,
    source: &str,
    sent: &[SentBatch],
    (scope, person): (Option<&Value>, &str),
    differences: &mut Found,
) -> Result<i64, Failure> {
    let rows = sqlx::query_file!(
        "src/report/sql/reconciled_batches.sql",
        source,
        &sent.iter().map(|batch| batch.batch_id.clone()).collect::<Vec<_>>(),
        &sent.iter().map(|batch| batch.rows).collect::<Vec<_>>(),
        &sent.iter().map(|batch| batch.amount.clone()).collect::<Vec<_>>(),
        scope,
        person
    )
    .fetch_all(connection)
    .await?;
    let mut equal = 0;
    for row in rows {
        let normal = |amount: Option<Decimal>| amount.map(|amount| amount.normalize());
        let sent = row.sent_rows.map(|rows| (rows, normal(row.sent_amount)));
        let known = row.known_rows.map(|rows| (rows, normal(row.known_amount)));
        let Some(difference) = reconcile(sent.as_ref(), known.as_ref()) else {
            equal += 1;
            continue;
        };
        let said = |side: Option<(i64, Option<Decimal>)>| {
            side.map_or_else(String::new, |(rows, amount)| {
                amount.map_or_else(|| format!("{rows} rows"), |amount| format!("{rows} rows, {amount}"))
            })
        };
        let (sent, known) = (said(sent), said(known));
        let kind = kind(difference).into();
        let message = pb::DeliveryDifference { kind, batch_id: row.batch_id, line: None, sent, known };
        differences.push((difference, message));
    }
    Ok(equal)
}

async fn lines(
    connection: &mut PgConnection,
    (source, system, measure): (&str, &str, Measure),
    sent: &[SentLine],
    scope: Option<&Value>,
    differences: &mut Found,
) -> Result<i64, Failure> {
    let rows = sqlx::query_file!(
        "src/report/sql/reconciled_lines.sql",
        source,
        system,
        measure.name(),
        &sent.iter().map(|line| line.order.clone()).collect::<Vec<_>>(),
        &sent.iter().map(|line| line.line.clone()).collect::<Vec<_>>(),
        &sent.iter().map(|line| line.days.first().to_sqlx()).collect::<Vec<_>>() as _,
        &sent.iter().map(|line| line.days.last().to_sqlx()).collect::<Vec<_>>() as _,
        &sent.iter().map(|line| line.amount.clone()).collect::<Vec<_>>(),
        scope
    )
    .fetch_all(connection)
    .await?;
    let mut equal = 0;
    for row in rows {
        let (sent, known) = (row.sent.map(|sum| sum.normalize()), row.known.map(|sum| sum.normalize()));
        let Some(difference) = reconcile(sent.as_ref(), known.as_ref()) else {
            equal += 1;
            continue;
        };
        let said = |sum: Option<Decimal>| sum.map_or_else(String::new, |sum| sum.to_string());
        let days = Days::new(row.first_day.to_jiff(), row.last_day.to_jiff()).map_err(anyhow::Error::new)?;
        let line = pb::SentLine {
            order: row.order_no,
            line: row.line_no,
            days: Some(days_message(days)),
            amount: said(sent),
        };
        let message = pb::DeliveryDifference {
            kind: kind(difference).into(),
            batch_id: String::new(),
            line: Some(line),
            sent: said(sent),
            known: said(known),
        };
        differences.push((difference, message));
    }
    Ok(equal)
}

fn kind(difference: Difference) -> pb::DeliveryDifferenceKind {
    match difference {
        Difference::Stale => pb::DeliveryDifferenceKind::Stale,
        Difference::MissingHere => pb::DeliveryDifferenceKind::MissingHere,
        Difference::MissingThere => pb::DeliveryDifferenceKind::MissingThere,
    }
}
