//! The airings of the accounts of a shard, with what documents and makegoods mean for each. They are matched here and not by joins: the
//! airings that have just landed have no statistics, and a plan that takes them for few is quadratic in them.

use std::collections::{BTreeSet, HashMap};

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AiringId, LineId, OrderId};
use invoicing_domain::{
    billing_run::BillingRun,
    rating::{Airing, AiringStatus, Bucket, KnownSpot, LineKind, Makegood, made_good},
};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{days, price_base, rate};
use crate::store::written::Written;

/// The airings by line, and the characters of them that a document prints.
type AiringsAndTheirTexts = (HashMap<Uuid, Vec<Airing>>, HashMap<Uuid, BTreeSet<char>>);

pub(super) async fn load(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[Uuid],
) -> Result<AiringsAndTheirTexts, Failure> {
    if accounts.is_empty() {
        return Ok((HashMap::new(), HashMap::new()));
    }
    let listed = listed(connection, accounts).await?;
    let as_of = run.data_as_of.to_sqlx();
    let rows = sqlx::query_file!("src/store/sql/airings_to_rate.sql", accounts, as_of as _)
        .fetch_all(connection)
        .await?;
    let known: Vec<_> = rows
        .iter()
        .map(|row| KnownSpot {
            order: OrderId::from_uuid(row.order_id),
            line: LineId::from_uuid(row.line_id),
            name: &row.spot,
            aired: row.status == "AIRED",
            is_billed: listed.get(&row.airing_id).is_some_and(|position| bills(position.kind)),
            makes_good: &row.makegood_for,
        })
        .collect();
    let made_good = made_good(&known);
    let (mut airings, mut printed): (HashMap<_, Vec<_>>, HashMap<_, BTreeSet<_>>) =
        (HashMap::new(), HashMap::new());
    for (row, made_good) in rows.into_iter().zip(made_good) {
        printed.entry(row.line_id).or_default().extend(row.creative.chars());
        let status = match (row.status.as_str(), made_good.made_good_free) {
            ("AIRED", _) => AiringStatus::Aired,
            (_, true) => AiringStatus::MadeGoodFree,
            (_, false) => AiringStatus::NotAired,
        };
        let missed_was_billed = made_good.missed_was_billed;
        let names = Some(row.makegood_for).filter(|names| !names.is_empty());
        airings.entry(row.line_id).or_default().push(Airing {
            id: AiringId::from_uuid(row.airing_id),
            version: u32::try_from(row.version).context("the database holds a negative version")?,
            day: row.day.to_jiff(),
            time: row.time.map(jiff_sqlx::Time::to_jiff),
            row: u32::try_from(row.source_row).context("the database holds a negative row")?,
            rate: row.rate.map(rate).transpose()?,
            status,
            makegood: names.map(|names| Makegood { names, missed_was_billed }),
            billed_as: listed.get(&row.airing_id).copied(),
        });
    }
    Ok((airings, printed))
}

/// The position under which the latest document lists each airing.
async fn listed(connection: &mut PgConnection, accounts: &[Uuid]) -> Result<HashMap<Uuid, Bucket>, Failure> {
    let rows = sqlx::query_file!("src/store/sql/listed_airings.sql", accounts).fetch_all(connection).await?;
    let mut listed = HashMap::with_capacity(rows.len());
    for row in rows {
        let position = Bucket {
            origin: days(row.origin_first, row.origin_last)?,
            kind: Written::read(&row.kind)?,
            segment_first: row.segment_first.to_jiff(),
            rate: rate(row.rate)?,
            price_base: price_base(row.price_base)?,
        };
        listed.insert(row.airing_id, position);
    }
    Ok(listed)
}

/// Whether a document bills what it lists so, and does not only show it at 0.
fn bills(kind: LineKind) -> bool {
    match kind {
        LineKind::SchedulePart
        | LineKind::Spots
        | LineKind::Makegood
        | LineKind::Delivery
        | LineKind::TierFee
        | LineKind::Expenses
        | LineKind::Minimum
        | LineKind::TrueUp
        | LineKind::Rebate
        | LineKind::AdCredit => true,
        LineKind::OverDelivery => false,
    }
}
