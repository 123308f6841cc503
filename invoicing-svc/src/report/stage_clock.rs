//! When what was sold reached its stages, and how long each took.

use std::{cmp::Reverse, collections::BTreeMap};

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use calendar::EntityZone;
use chassis::failure::Failure;
use futures::TryStreamExt;
use ids::{AccountId, InvoiceId, OrderId, ProductId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    stage_clock::{Delays, Stage, Times},
};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::invoice::days;
use crate::{
    store::written::{month, month_day},
    wire::{
        name,
        stage_clock::{Billed, Of, reached, stage_message},
    },
};

/// Which clocks to answer.
#[derive(Clone, Copy, Debug)]
pub struct Which<'a> {
    pub account: AccountId,
    pub of: Of,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// Not the first so many.
    pub skip: i64,
    /// At most this many.
    pub limit: i64,
}

/// The times that a row says. A macro, because the record of a query has no name.
macro_rules! times {
    ($row:ident) => {
        Times {
            signed: $row.signed.map(|day| day.to_jiff()),
            synced: $row.synced.map(|at| at.to_jiff()),
            live: $row.live.map(|day| day.to_jiff()),
            delivered: $row.delivered.map(|day| day.to_jiff()),
            told: $row.told.map(|at| at.to_jiff()),
            rated: $row.rated.map(|at| at.to_jiff()),
            approved: $row.approved.map(|at| at.to_jiff()),
            issued: $row.issued.map(|at| at.to_jiff()),
        }
    };
}

/// The clocks of an order or a document, by order, line and billing period.
pub async fn clocks(
    connection: &mut PgConnection,
    Which { account, of, scope, skip, limit }: Which<'_>,
) -> Result<Vec<pb::StageClock>, Failure> {
    let (order, invoice) = match of {
        Of::Order(order) => (Some(order.uuid()), None),
        Of::Invoice(invoice) => (None, Some(invoice.uuid())),
    };
    let rows = sqlx::query_file!(
        "src/report/sql/stage_clocks.sql",
        account.uuid(),
        order,
        invoice,
        scope,
        skip,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let zone: EntityZone =
                row.time_zone.parse().context("the database holds an unknown time zone")?;
            Ok(pb::StageClock {
                order: name::order_name(account, OrderId::from_uuid(row.order_id)),
                order_line: row.order_line,
                ad_product: name::product_name(ProductId::from_uuid(row.product_id)),
                origin_period: row.origin_first.zip(row.origin_last).map(|(first, last)| days(first, last)),
                invoice: row
                    .invoice_id
                    .map_or_else(String::new, |id| name::invoice_name(account, InvoiceId::from_uuid(id))),
                billing_month: row
                    .billing_month
                    .map_or_else(String::new, |day| month(day.to_jiff()).to_string()),
                stages: times!(row).reached(&zone).iter().map(reached).collect(),
            })
        })
        .collect()
}

/// What took how long: the latest month first, then by product and stage.
type Key = (Reverse<Date>, String, Uuid, Stage, Stage);

/// How many days the longest took, and the first document of those.
type Worst = Option<(i32, Reverse<(Uuid, Uuid)>)>;

/// How long the stages took of what an entity billed, summed row by row: never more than the sums are in memory.
pub async fn delays(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    billed: Billed,
    scope: Option<&Value>,
) -> Result<Vec<pb::StageDelay>, Failure> {
    let mut rows = sqlx::query_file!(
        "src/report/sql/stage_delays.sql",
        entity.id.uuid(),
        month_day(billed.first).to_sqlx() as _,
        month_day(billed.last).to_sqlx() as _,
        billed.product.map(ProductId::uuid),
        scope
    )
    .fetch(connection);
    let mut sums: BTreeMap<Key, (Delays, Worst)> = BTreeMap::new();
    while let Some(row) = rows.try_next().await? {
        let document = Reverse((row.account_id, row.invoice_id));
        let month = Reverse(row.billing_month.to_jiff());
        for reached in times!(row).reached(&entity.zone) {
            let Some((since, days)) = reached.since else { continue };
            let key = (month, row.code.clone(), row.product_id, reached.stage, since);
            let (delays, worst) = sums.entry(key).or_default();
            delays.add(days);
            *worst = (*worst).max(Some((days, document)));
        }
    }
    sums.into_iter().map(|(key, sum)| delay(key, sum)).collect()
}

fn delay(
    (Reverse(day), _, product, stage, since): Key,
    (delays, worst): (Delays, Worst),
) -> Result<pb::StageDelay, Failure> {
    let (worst_days, Reverse((account, invoice))) = worst.context("a delay of nothing")?;
    Ok(pb::StageDelay {
        billing_month: month(day).to_string(),
        ad_product: name::product_name(ProductId::from_uuid(product)),
        since: stage_message(since).into(),
        stage: stage_message(stage).into(),
        count: i64::try_from(delays.count()).context("more than there are numbers")?,
        median_days: delays.median().context("a delay of nothing")?,
        worst_days,
        worst_invoice: name::invoice_name(AccountId::from_uuid(account), InvoiceId::from_uuid(invoice)),
    })
}
