//! What was counted: the same rows every time, as messages for the suite's stream and as text for COPY.

use std::{collections::HashMap, fmt::Write};

use anyhow::{Context, Result};
use billing_proto::billing::invoicing::v1 as pb;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    fixture::{SOURCE, day, order_id},
    size::{DAYS, LINES, ORDERS},
};

/// Who counts.
pub const COUNTER: &str = "adserver";

/// Facts of a message.
const FACTS_OF_MESSAGE: usize = 5_000;

/// The columns that the rows fill.
pub const COLUMNS: &str =
    "account_id, line_id, day, source_no, landing, impressions, viewable_impressions, clicks";

/// What was counted of a line on a day.
#[derive(Clone, Copy, Debug)]
struct Count {
    account: usize,
    order: usize,
    line: usize,
    day: usize,
    impressions: i64,
}

/// The rows of some accounts on the first days of the month. A later telling differs from the one before.
fn counts(accounts: &[usize], days: usize, telling: usize) -> impl Iterator<Item = Count> {
    accounts.iter().flat_map(move |&account| {
        (0..ORDERS * LINES * days).map(move |nth| {
            let (line, day) = (nth / days, nth % days);
            // A multiplication scatters them over 1,000 to 10,999; it needs to be the same every time, and no more.
            let scattered = (account * 7 + nth * 31 + telling * 13).wrapping_mul(2_654_435_761) % 10_000;
            let impressions = i64::try_from(scattered).map_or(1_000, |scattered| 1_000 + scattered);
            Count { account, order: line / LINES, line: line % LINES, day: day + 1, impressions }
        })
    })
}

/// A batch for the suite's stream, its header first.
pub fn batch(
    accounts: &[usize],
    days: usize,
    telling: usize,
    id: &str,
) -> Result<Vec<pb::ImportDeliveryRequest>> {
    let facts: Vec<pb::DeliveryFact> = counts(accounts, days, telling).map(fact).collect();
    let totals = pb::DeliveryControlTotals {
        rows: i64::try_from(facts.len())?,
        amount: facts.iter().filter_map(|fact| fact.impressions).sum::<i64>().to_string(),
        measure: pb::DeliveryMeasure::Impressions.into(),
    };
    let header = pb::DailyBatchHeader {
        source: COUNTER.to_owned(),
        batch_id: id.to_owned(),
        order_source_system: SOURCE.to_owned(),
        control_totals: Some(totals),
        time_zone: "America/New_York".to_owned(),
        ..pb::DailyBatchHeader::default()
    };
    let part = |part| pb::ImportDeliveryRequest { part: Some(part) };
    let mut messages = vec![part(pb::import_delivery_request::Part::Header(header))];
    let mut facts = facts.into_iter();
    loop {
        let facts: Vec<_> = facts.by_ref().take(FACTS_OF_MESSAGE).collect();
        if facts.is_empty() {
            return Ok(messages);
        }
        messages.push(part(pb::import_delivery_request::Part::Facts(pb::DeliveryFacts { facts })));
    }
}

fn fact(count: Count) -> pb::DeliveryFact {
    pb::DeliveryFact {
        order: order_id(count.account, count.order),
        line: (count.line + 1).to_string(),
        date: Some(day(count.day)),
        impressions: Some(count.impressions),
        viewable_impressions: Some(count.impressions / 2),
        clicks: Some(count.impressions / 100),
        ..pb::DeliveryFact::default()
    }
}

/// The first telling of some accounts as COPY reads it, a megabyte or so a piece.
pub async fn text(connection: &mut PgConnection, accounts: &[usize]) -> Result<Vec<String>> {
    let keys = keys(connection).await?;
    let source: i32 = sqlx::query_scalar("select source_no from delivery_source where source = $1")
        .bind(COUNTER)
        .fetch_one(connection)
        .await?;
    let mut pieces = vec![String::new()];
    for count in counts(accounts, DAYS, 0) {
        let key = (order_id(count.account, count.order), (count.line + 1).to_string());
        let (account, line) = keys.get(&key).with_context(|| format!("there is no line {key:?}"))?;
        if pieces.last().is_none_or(|piece| piece.len() > 1_000_000) {
            pieces.push(String::new());
        }
        let piece = pieces.last_mut().context("a piece was just added")?;
        let (impressions, viewable, clicks) =
            (count.impressions, count.impressions / 2, count.impressions / 100);
        writeln!(
            piece,
            "{account}\t{line}\t2024-01-{:02}\t{source}\t1\t{impressions}\t{viewable}\t{clicks}",
            count.day
        )?;
    }
    Ok(pieces)
}

/// The keys of lines by order and number.
async fn keys(connection: &mut PgConnection) -> Result<HashMap<(String, String), (Uuid, Uuid)>> {
    let rows: Vec<(String, String, Uuid, Uuid)> = sqlx::query_as(
        "select o.external_id, l.number, account_id, l.line_id
           from insertion_order o join order_line l using (account_id, order_id)",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(order, line, account, key)| ((order, line), (account, key))).collect())
}
