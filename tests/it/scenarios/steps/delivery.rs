use anyhow::{Context, Result, ensure};
use billing_proto::billing::invoicing::v1::{self as pb, import_airings_request::Part};
use bytes::Bytes;

use super::{
    super::{
        table::{self, Row, rows},
        world::{ORDER_SYSTEM, PLAYOUT, World},
    },
    Said,
};
use crate::{oracle::Amount, suite::day};

/// Sends the rows below, with the totals that they have.
pub async fn report(world: &mut World, said: &Said<'_>) -> Result<()> {
    let rows = rows(said.block)?;
    let total = rows.iter().map(|row| Amount::parse(row.cell("rate"))).sum::<Result<Amount>>()?;
    send(world, said.word(0), (i64::try_from(rows.len())?, total.to_string()), airings(&rows)?).await
}

/// Sends the rows below, with the totals that are said.
pub async fn report_as(world: &mut World, said: &Said<'_>) -> Result<()> {
    world.reported = airings(&rows(said.block)?)?;
    report_again(world, said).await
}

pub async fn report_again(world: &mut World, said: &Said<'_>) -> Result<()> {
    let totals = (said.word(1).parse()?, said.word(2).replace(',', ""));
    send(world, said.word(0), totals, world.reported.clone()).await
}

fn airings(rows: &[Row]) -> Result<Vec<Part>> {
    let airing = |(row, number): (&Row, i32)| {
        let status = format!("AIRING_STATUS_{}", row.cell("status"));
        let status =
            pb::AiringStatus::from_str_name(&status).with_context(|| format!("no status {status}"))?;
        Ok(Part::Airing(pb::Airing {
            order: row.cell("order").to_owned(),
            line: row.cell("line").to_owned(),
            spot: row.cell("spot").to_owned(),
            row: number,
            date: Some(day(row.cell("date"))?),
            time: row.cell("time").to_owned(),
            length_seconds: 30,
            rate: row.cell("rate").to_owned(),
            status: status.into(),
            makegood_for: row
                .filled("makegood for")
                .into_iter()
                .flat_map(|names| names.split(", "))
                .map(str::to_owned)
                .collect(),
            ..pb::Airing::default()
        }))
    };
    rows.iter().zip(1..).map(airing).collect()
}

/// Sends the lines below as a file, in pieces. `\xe9` is that byte; `\50MB` is that much of text.
pub async fn file(world: &mut World, said: &Said<'_>) -> Result<()> {
    let mut bytes = Vec::new();
    for line in said.block {
        unescape(line, &mut bytes)?;
        bytes.push(b'\n');
    }
    let pieces = bytes.chunks(64 << 10).map(|piece| Part::Csv(Bytes::copy_from_slice(piece))).collect();
    send(world, said.word(0), (said.word(1).parse()?, said.word(2).replace(',', "")), pieces).await
}

fn unescape(line: &str, bytes: &mut Vec<u8>) -> Result<()> {
    let mut parts = line.split('\\');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        if let Some(rest) = part.strip_prefix("50MB") {
            bytes.resize(bytes.len() + (50 << 20), b'A');
            bytes.extend_from_slice(rest.as_bytes());
        } else {
            let code = part.strip_prefix('x').and_then(|rest| rest.split_at_checked(2));
            let (code, rest) = code.with_context(|| format!("\\{part} is no byte"))?;
            bytes.push(u8::from_str_radix(code, 16)?);
            bytes.extend_from_slice(rest.as_bytes());
        }
    }
    Ok(())
}

async fn send(world: &mut World, batch: &str, totals: (i64, String), parts: Vec<Part>) -> Result<()> {
    let header = pb::AiringBatchHeader {
        source: PLAYOUT.to_owned(),
        batch_id: batch.to_owned(),
        order_source_system: ORDER_SYSTEM.to_owned(),
        control_totals: Some(pb::DeliveryControlTotals { rows: totals.0, amount: totals.1, measure: 0 }),
        ..pb::AiringBatchHeader::default()
    };
    let messages = std::iter::once(Part::Header(header))
        .chain(parts)
        .map(|part| pb::ImportAiringsRequest { part: Some(part) });
    let messages: Vec<_> = messages.collect();
    let answer =
        world.client("the platform")?.delivery().import_airings(tokio_stream::iter(messages)).await?;
    world.batch = Some(answer.into_inner());
    Ok(())
}

pub async fn batch(world: &mut World, said: &Said<'_>) -> Result<()> {
    let batch = world.batch.as_ref().context("no batch was taken")?;
    let got = [batch.rows_loaded, batch.rows_unchanged, batch.rows_quarantined].map(|rows| rows.to_string());
    ensure!(got == [said.word(0), said.word(1), said.word(2)], "got {got:?}");
    Ok(())
}

pub async fn quarantine(world: &mut World, said: &Said<'_>) -> Result<()> {
    let batch = world.batch.as_ref().context("no batch was taken")?.name.clone();
    let request =
        pb::ListQuarantineRequest { batch, page_size: 1000, ..pb::ListQuarantineRequest::default() };
    let found = world.client("the platform")?.delivery().list_quarantine(request).await?.into_inner();
    let cells = |row: pb::QuarantinedRow| {
        vec![("row", row.row.to_string()), ("column", row.column), ("reason", row.reason)]
    };
    table::compare(said.block, found.rows.into_iter().map(cells))
}

pub async fn airings_of(world: &mut World, order: &str) -> Result<Vec<pb::Airing>> {
    let request = pb::ListAiringsRequest {
        parent: world.name(order)?,
        page_size: 1000,
        ..pb::ListAiringsRequest::default()
    };
    Ok(world.client("the platform")?.delivery().list_airings(request).await?.into_inner().airings)
}

pub async fn count(world: &mut World, said: &Said<'_>) -> Result<()> {
    let got = airings_of(world, said.word(0)).await?.len();
    ensure!(got.to_string() == said.word(1), "got {got}");
    Ok(())
}
