//! When what was sold reached its stages, and how long each took.

use std::{cmp::Reverse, collections::BTreeMap};

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use calendar::{EntityZone, Month};
use chassis::failure::Failure;
use futures::TryStreamExt;
use ids::{AccountId, InvoiceId, OrderId, ProductId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    stage_clock::{Delays, Stage, Times},
};
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

/// Where a delay stands in the list: its month, code and id of its product, and its place among those of both.
pub type Place = (String, String, Uuid, usize);

/// How many delays a product mostly has in a month: each stage counts from the one before it.
const DELAYS_OF_PRODUCT: usize = 7;

/// A product by its code.
type Product = (String, Uuid);

/// How many days the longest took, and the first document of those.
type Worst = Option<(i32, Reverse<(Uuid, Uuid)>)>;

/// How long each stage took since another one.
type Sums = BTreeMap<(Stage, Stage), (Delays, Worst)>;

/// Some products of what was billed in a month.
struct Part<'a> {
    month: Month,
    /// This one alone; `None`: all.
    only: Option<ProductId>,
    /// From this one on.
    from: Option<&'a Product>,
    /// At most this many.
    limit: usize,
}

/// How long the stages took of what an entity billed, at most so many delays after a place: the latest month first, then by
/// product and stage. It reads a month at a time, and of that the products that are needed.
pub async fn delays(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    billed: Billed,
    scope: Option<&Value>,
    (after, most): (Option<&Place>, i64),
) -> Result<Vec<(Place, pb::StageDelay)>, Failure> {
    let most = usize::try_from(most).context("a page holds no fewer than no delays")?;
    let limit = most / DELAYS_OF_PRODUCT + 2;
    let (mut month, mut from, mut skip) = match after {
        Some((month, code, product, place)) => {
            let month: Month = month.parse().context("a page ended in a month")?;
            (month, Some((code.clone(), *product)), place + 1)
        }
        None => (billed.last, None, 0),
    };
    let mut found = Vec::new();
    while month >= billed.first && found.len() < most {
        let part = Part { month, only: billed.product, from: from.as_ref(), limit };
        let products = sums(connection, entity, part, scope).await?;
        let is_rest = products.len() < limit;
        let last = products.keys().next_back().cloned();
        for (product, sums) in products {
            let known = if from.as_ref() == Some(&product) { skip } else { 0 };
            for (place, (stages, sum)) in sums.into_iter().enumerate().skip(known) {
                let delay = delay((month, product.1), stages, sum)?;
                found.push(((month.to_string(), product.0.clone(), product.1, place), delay));
            }
        }
        // The next part begins with the last product of this one, of which nothing is left.
        (month, from, skip) = if is_rest { (month.previous(), None, 0) } else { (month, last, usize::MAX) };
    }
    found.truncate(most);
    Ok(found)
}

/// The sums of some products, row by row: never more than the sums are in memory.
async fn sums(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    part: Part<'_>,
    scope: Option<&Value>,
) -> Result<BTreeMap<Product, Sums>, Failure> {
    let mut rows = sqlx::query_file!(
        "src/report/sql/stage_delays.sql",
        entity.id.uuid(),
        month_day(part.month).to_sqlx() as _,
        part.only.map(ProductId::uuid),
        scope,
        part.from.map(|(code, _)| code.as_str()),
        part.from.map(|(_, product)| *product),
        i64::try_from(part.limit).context("more products than there are numbers")?
    )
    .fetch(connection);
    let mut products: BTreeMap<Product, Sums> = BTreeMap::new();
    while let Some(row) = rows.try_next().await? {
        let sums = products.entry((row.code.clone(), row.product_id)).or_default();
        // The row of the product itself.
        let Some(document) = row.account_id.zip(row.invoice_id) else { continue };
        for reached in times!(row).reached(&entity.zone) {
            let Some((since, days)) = reached.since else { continue };
            let (delays, worst) = sums.entry((reached.stage, since)).or_default();
            delays.add(days);
            *worst = (*worst).max(Some((days, Reverse(document))));
        }
    }
    Ok(products)
}

fn delay(
    (month, product): (Month, Uuid),
    (stage, since): (Stage, Stage),
    (delays, worst): (Delays, Worst),
) -> Result<pb::StageDelay, Failure> {
    let (worst_days, Reverse((account, invoice))) = worst.context("a delay of nothing")?;
    Ok(pb::StageDelay {
        billing_month: month.to_string(),
        ad_product: name::product_name(ProductId::from_uuid(product)),
        since: stage_message(since).into(),
        stage: stage_message(stage).into(),
        count: i64::try_from(delays.count()).context("more than there are numbers")?,
        median_days: delays.median().context("a delay of nothing")?,
        worst_days,
        worst_invoice: name::invoice_name(AccountId::from_uuid(account), InvoiceId::from_uuid(invoice)),
    })
}
