//! The airings of the accounts of a shard, with what documents and makegoods mean for each. They are matched here and not by joins: the
//! airings that have just landed have no statistics, and a plan that takes them for few is quadratic in them.

use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AiringId, LineId, OrderId};
use invoicing_domain::{
    billing_run::BillingRun,
    makegood::{Fulfils, Owed, expires, owed},
    note::NoteBasis,
    rating::{Airing, AiringStatus, Bucket, LineKind, Makegood},
};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    days, price_base, rate,
    terms::{Agreed, rate_on},
};
use crate::store::{
    makegood::{Settled, Spot, settled},
    owed_shortfall,
    written::Written,
};

/// The airings by line, and the characters of them that a document prints.
type AiringsAndTheirTexts = (HashMap<Uuid, Vec<Airing>>, HashMap<Uuid, BTreeSet<char>>);

/// What is known of the lines on which spots aired.
pub(super) struct Lines<'a> {
    /// Their numbers, of the entity's lines.
    pub(super) numbers: HashMap<Uuid, &'a str>,
    pub(super) agreed: &'a HashMap<Uuid, Vec<Agreed>>,
    /// Within how many days a makegood has to air.
    pub(super) makegood_days: Option<u16>,
}

pub(super) async fn load(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[Uuid],
    lines: &Lines<'_>,
) -> Result<AiringsAndTheirTexts, Failure> {
    if accounts.is_empty() {
        return Ok((HashMap::new(), HashMap::new()));
    }
    let listed = listed(connection, accounts).await?;
    let settled = settled(connection, accounts).await?;
    let as_of = run.data_as_of.to_sqlx();
    let rows = sqlx::query_file!("src/store/sql/airings_to_rate.sql", accounts, as_of as _)
        .fetch_all(&mut *connection)
        .await?;
    let made_good: HashSet<Uuid> = rows
        .iter()
        .filter(|row| !row.makegood_for.is_empty() || settled.decided.contains(&row.airing_id))
        .map(|row| row.order_id)
        .collect();
    let (mut spots, mut airings, mut printed) = (Vec::new(), Vec::with_capacity(rows.len()), HashMap::new());
    for row in rows {
        let texts: &mut BTreeSet<char> = printed.entry(row.line_id).or_default();
        texts.extend(row.creative.chars());
        let billed_as = listed.get(&row.airing_id).copied();
        let airing = Airing {
            id: AiringId::from_uuid(row.airing_id),
            version: u32::try_from(row.version).context("the database holds a negative version")?,
            day: row.day.to_jiff(),
            time: row.time.map(jiff_sqlx::Time::to_jiff),
            row: u32::try_from(row.source_row).context("the database holds a negative row")?,
            rate: row.rate.map(rate).transpose()?,
            status: status(&row.status, (row.airing_id, billed_as), &settled),
            makegood: None,
            billed_as,
        };
        // Of lines of other entities nothing is rated.
        if let Some(number) = lines.numbers.get(&row.line_id).filter(|_| made_good.contains(&row.order_id)) {
            let agreed = lines.agreed.get(&row.line_id).map_or(&[][..], Vec::as_slice);
            spots.push(Spot {
                id: airing.id,
                order: OrderId::from_uuid(row.order_id),
                line: LineId::from_uuid(row.line_id),
                line_number: (*number).to_owned(),
                name: row.spot,
                place: (airing.day, airing.time, airing.row),
                status: Written::read(&row.status)?,
                rate: airing.rate.or_else(|| rate_on(agreed, airing.day)),
                is_billed: billed_as.is_some_and(|position| bills(position.kind)),
                makes_good: row.makegood_for,
                expires: expires(airing.day, lines.makegood_days),
                is_credited: settled.credited.contains_key(&row.airing_id),
                released: settled.released.get(&row.airing_id).copied(),
                is_decided: settled.decided.contains(&row.airing_id),
            });
        }
        airings.push((row.line_id, airing));
    }
    if !made_good.is_empty() {
        let owed = owed_shortfall::of_accounts(connection, accounts).await?.into_iter();
        let owed = owed.filter(|owed| {
            made_good.contains(&owed.order.uuid()) && lines.numbers.contains_key(&owed.line.uuid())
        });
        spots.extend(owed.map(|owed| owed.spot(lines.makegood_days)));
    }
    Ok((by_line(airings, &spots), printed))
}

/// Whether it bills, before it is known what is made good by what.
fn status(status: &str, (airing, billed_as): (Uuid, Option<Bucket>), settled: &Settled) -> AiringStatus {
    let is_billed = billed_as.is_some_and(|position| bills(position.kind));
    match (settled.credited.get(&airing), status == "AIRED") {
        // It was taken off the ledger, and is not billed again.
        (Some(NoteBasis::Correction), _) => AiringStatus::NotAired,
        (_, true) => AiringStatus::Aired,
        // It was given back already, and what was billed stands.
        (Some(NoteBasis::Commercial | NoteBasis::Tax | NoteBasis::Makegood), false) if is_billed => {
            AiringStatus::MadeGoodFree
        }
        (_, false) => AiringStatus::NotAired,
    }
}

/// The airings by line, with what makegoods mean for each of the spots.
fn by_line(airings: Vec<(Uuid, Airing)>, spots: &[Spot]) -> HashMap<Uuid, Vec<Airing>> {
    let Owed { makegoods, stands, obligations: _ } = owed(spots.iter().map(Spot::known));
    let mut names: HashMap<AiringId, &Vec<String>> =
        spots.iter().map(|spot| (spot.id, &spot.makes_good)).filter(|(_, names)| !names.is_empty()).collect();
    let mut lines: HashMap<_, Vec<_>> = HashMap::new();
    for (line, mut airing) in airings {
        if stands.contains(&airing.id) {
            airing.status = AiringStatus::MadeGoodFree;
        }
        airing.makegood = names.remove(&airing.id).map(|names| {
            // What did not air makes nothing good.
            let Fulfils { free, beyond } = makegoods.get(&airing.id).copied().unwrap_or_default();
            Makegood { names: names.clone(), free, beyond }
        });
        lines.entry(line).or_default().push(airing);
    }
    lines
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
