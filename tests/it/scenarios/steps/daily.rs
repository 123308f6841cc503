use anyhow::Result;
use billing_proto::billing::invoicing::v1::{self as pb, import_delivery_request::Part};

use super::{
    super::{
        table::{Row, rows},
        world::{ORDER_SYSTEM, World},
    },
    Said,
};
use crate::suite::day;

/// Sends the rows below as a batch of daily facts of the ad server.
pub async fn ad_server(world: &mut World, said: &Said<'_>) -> Result<()> {
    send(world, "ad-server", said).await
}

/// As the ad server does, by whoever counts beside it.
pub async fn verifier(world: &mut World, said: &Said<'_>) -> Result<()> {
    send(world, "verifier", said).await
}

async fn send(world: &mut World, source: &str, said: &Said<'_>) -> Result<()> {
    let rows = rows(said.block)?;
    let facts = rows.iter().map(fact).collect::<Result<Vec<_>>>()?;
    let impressions: i64 = facts.iter().filter_map(|fact| fact.impressions).sum();
    let header = pb::DailyBatchHeader {
        source: source.to_owned(),
        batch_id: said.word(0).to_owned(),
        order_source_system: ORDER_SYSTEM.to_owned(),
        control_totals: Some(pb::DeliveryControlTotals {
            rows: i64::try_from(rows.len())?,
            amount: impressions.to_string(),
            measure: pb::DeliveryMeasure::Impressions.into(),
        }),
        time_zone: "America/New_York".to_owned(),
        ..pb::DailyBatchHeader::default()
    };
    let messages = [Part::Header(header), Part::Facts(pb::DeliveryFacts { facts })]
        .map(|part| pb::ImportDeliveryRequest { part: Some(part) });
    let answer =
        world.client("the platform")?.delivery().import_delivery(tokio_stream::iter(messages)).await?;
    world.batch = Some(answer.into_inner());
    Ok(())
}

fn fact(row: &Row) -> Result<pb::DeliveryFact> {
    let count = |column| row.filled(column).map(str::parse).transpose();
    Ok(pb::DeliveryFact {
        order: row.cell("order").to_owned(),
        line: row.cell("line").to_owned(),
        date: Some(day(row.cell("date"))?),
        impressions: count("impressions")?,
        clicks: count("clicks")?,
        ..pb::DeliveryFact::default()
    })
}
