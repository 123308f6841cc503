//! Daily facts as they are known, with all that was ever said, and what a batch changed of them.

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, BatchId, OrderId};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::wire::{name, period};

/// The place of a fact in its order: line, day, source and landing.
pub type FactPlace = (Uuid, String, i32, i64);

/// Which facts to answer.
#[derive(Clone, Debug)]
pub struct Which<'a> {
    pub account: AccountId,
    pub order: OrderId,
    /// Only this line, by number.
    pub line: Option<&'a str>,
    pub history: bool,
    pub after: Option<FactPlace>,
    pub limit: i64,
}

/// The facts of an order after a place.
pub async fn facts(
    connection: &mut PgConnection,
    which: Which<'_>,
) -> Result<Vec<(FactPlace, pb::DeliveryFactVersion)>, Failure> {
    let after = which.after;
    let day = after.as_ref().map(|(_, day, _, _)| day.parse::<Date>()).transpose();
    let day = day.context("a sealed place without its day")?;
    let rows = sqlx::query_file!(
        "src/report/sql/delivery_facts.sql",
        which.account.uuid(),
        which.order.uuid(),
        which.line,
        which.history,
        after.as_ref().map(|(line, _, _, _)| *line),
        day.map(ToSqlx::to_sqlx) as _,
        after.as_ref().map(|(_, _, source, _)| *source),
        after.as_ref().map(|(_, _, _, landing)| *landing),
        which.limit
    )
    .fetch_all(connection)
    .await?;
    let facts = rows.into_iter().map(|row| {
        let day = row.day.to_jiff();
        let version = pb::DeliveryFactVersion {
            fact: Some(pb::DeliveryFact {
                order: row.external_id,
                line: row.number,
                date: Some(period::day_message(day)),
                gross_impressions: row.gross_impressions,
                general_invalid: row.general_invalid,
                sophisticated_invalid: row.sophisticated_invalid,
                impressions: row.impressions,
                viewable_impressions: row.viewable_impressions,
                clicks: row.clicks,
                views: row.views,
                completed_views: row.completed_views,
                actions: row.actions,
                spend: written(row.spend),
                hours: written(row.hours),
            }),
            source: row.source,
            batch: name::batch_name(BatchId::from_uuid(row.batch_id)),
            receive_time: Some(period::time_message(row.received_at.to_jiff())),
            holds: row.holds,
        };
        ((row.line_id, day.to_string(), row.source_no, row.landing), version)
    });
    Ok(facts.collect())
}

/// The place of a change in its batch: account, line and day.
pub type ChangePlace = (Uuid, Uuid, String);

/// What a batch said otherwise than it was known, after a place.
pub async fn changes(
    connection: &mut PgConnection,
    batch: BatchId,
    scope: Option<&Value>,
    after: Option<ChangePlace>,
    limit: i64,
) -> Result<Vec<(ChangePlace, pb::DeliveryChange)>, Failure> {
    let day = after.as_ref().map(|(_, _, day)| day.parse::<Date>()).transpose();
    let day = day.context("a sealed place without its day")?;
    let rows = sqlx::query_file!(
        "src/report/sql/delivery_changes.sql",
        batch.uuid(),
        scope,
        after.as_ref().map(|(account, _, _)| *account),
        after.as_ref().map(|(_, line, _)| *line),
        day.map(ToSqlx::to_sqlx) as _,
        limit
    )
    .fetch_all(connection)
    .await?;
    let changes = rows.into_iter().map(|row| {
        let day = row.day.to_jiff();
        let fact = |said: &Value| read(said, &row.external_id, &row.number, day);
        let (before, after) = (row.before.as_ref().map(fact).transpose()?, fact(&row.after)?);
        // A batch cannot say a day of its own zero where nothing was known, and one that replaces says the rest.
        let change = pb::DeliveryChange { before, after: Some(after), zeroed: row.zeroed };
        Ok(((row.account_id, row.line_id, day.to_string()), change))
    });
    changes.collect()
}

fn read(said: &Value, order: &str, line: &str, day: Date) -> Result<pb::DeliveryFact, Failure> {
    let count = |measure: &str| said.get(measure).and_then(Value::as_i64);
    let amount = |measure: &str| {
        let written = said.get(measure).filter(|value| !value.is_null()).map(Value::to_string);
        let number = written.map(|written| written.parse::<Decimal>()).transpose();
        number.context("the database holds an amount that is no number").map(self::written)
    };
    Ok(pb::DeliveryFact {
        order: order.to_owned(),
        line: line.to_owned(),
        date: Some(period::day_message(day)),
        gross_impressions: count("gross_impressions"),
        general_invalid: count("general_invalid"),
        sophisticated_invalid: count("sophisticated_invalid"),
        impressions: count("impressions"),
        viewable_impressions: count("viewable_impressions"),
        clicks: count("clicks"),
        views: count("views"),
        completed_views: count("completed_views"),
        actions: count("actions"),
        spend: amount("spend")?,
        hours: amount("hours")?,
    })
}

fn written(amount: Option<Decimal>) -> String {
    amount.map_or_else(String::new, |amount| amount.normalize().to_string())
}
