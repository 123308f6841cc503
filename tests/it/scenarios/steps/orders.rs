use anyhow::{Context, Result, ensure};
use billing_proto::billing::invoicing::v1 as pb;

use super::{
    super::{
        table::{Row, rows},
        world::{ORDER_SYSTEM, World},
    },
    Said,
};
use crate::{oracle::Amount, suite::day};

pub async fn sync(world: &mut World, said: &Said<'_>) -> Result<()> {
    send(world, said, Vec::new(), "15").await
}

pub async fn sync_direct(world: &mut World, said: &Said<'_>) -> Result<()> {
    send(world, said, Vec::new(), "0").await
}

pub async fn sync_under(world: &mut World, said: &Said<'_>) -> Result<()> {
    let value = pb::Money { currency_code: "USD".to_owned(), amount: said.word(4).replace(',', "") };
    let purchase_order =
        pb::PurchaseOrder { number: said.word(3).to_owned(), value: Some(value), expires: None };
    send(world, said, vec![purchase_order], "15").await
}

async fn send(
    world: &mut World,
    said: &Said<'_>,
    purchase_orders: Vec<pb::PurchaseOrder>,
    commission_percent: &str,
) -> Result<()> {
    let rows = rows(said.block)?;
    // An amount that cannot be is refused before any total is looked at.
    let total =
        rows.iter().map(|row| Amount::parse(row.cell("amount"))).sum::<Result<Amount>>().unwrap_or_default();
    let order = pb::Order {
        account: world.name(said.word(2))?,
        billing_entity: world.name(&world.entity)?,
        external_id: Some(pb::ExternalId {
            source_system: ORDER_SYSTEM.to_owned(),
            id: said.word(1).to_owned(),
        }),
        revision: said.word(0).parse()?,
        advertiser: "Pier 40".to_owned(),
        currency_code: world.currency.clone(),
        commission_percent: commission_percent.to_owned(),
        flight: Some(pb::Days {
            first: rows.iter().map(|row| row.cell("first")).min().map(day).transpose()?,
            last: rows.iter().map(|row| row.cell("last")).max().map(day).transpose()?,
        }),
        liability: pb::Liability::SoleAgency.into(),
        billing_calendar: pb::BillingCalendar::CalendarMonth.into(),
        billing_cycle: pb::BillingCycle::EndOfMonth.into(),
        purchase_orders,
        lines: rows.iter().map(|row| line(world, row)).collect::<Result<_>>()?,
        ..pb::Order::default()
    };
    let totals =
        pb::OrderControlTotals { orders: 1, lines: i64::try_from(rows.len())?, amount: total.to_string() };
    let request = pb::SyncOrdersRequest {
        source_system: ORDER_SYSTEM.to_owned(),
        sequence: None,
        control_totals: Some(totals),
        orders: vec![order],
        request_id: world.request_id(),
    };
    let answer = world.client("the platform")?.orders().sync_orders(request).await?.into_inner();
    let result = answer.results.into_iter().next().context("one order, no result")?;
    if !result.order.is_empty() {
        world.learn(said.word(1), result.order.clone());
    }
    world.synced = Some(result);
    Ok(())
}

fn line(world: &World, row: &Row) -> Result<pb::OrderLine> {
    let schedule = format!("SCHEDULE_{}", row.filled("schedule").unwrap_or("UNSPECIFIED"));
    let third_party = row.filled("third party").map(|source| pb::ThirdParty {
        source: source.to_owned(),
        controls: true,
        tolerance_base: match row.cell("base") {
            "CONTROLLING" => pb::ToleranceBase::Controlling.into(),
            _ => pb::ToleranceBase::Own.into(),
        },
        ..pb::ThirdParty::default()
    });
    Ok(pb::OrderLine {
        scopes: row
            .filled("scope")
            .map(|said| scope(said, row.cell("evidence")))
            .transpose()?
            .into_iter()
            .collect(),
        third_party,
        delivery_source: row.filled("third party").map_or(String::new(), |_| "ad-server".to_owned()),
        number: row.cell("line").to_owned(),
        ad_product: world.name(row.cell("product"))?,
        flight: Some(pb::Days { first: Some(day(row.cell("first"))?), last: Some(day(row.cell("last"))?) }),
        rate: row.cell("rate").to_owned(),
        booked_units: row.cell("units").to_owned(),
        amount: row.cell("amount").to_owned(),
        schedule: pb::Schedule::from_str_name(&schedule).map_or(0, i32::from),
        station: "WNYT".to_owned(),
        ..pb::OrderLine::default()
    })
}

/// `FROM 2026-02-01` or `FROM_START`, of every term that changed.
fn scope(said: &str, evidence: &str) -> Result<pb::TermScope> {
    let from = said.strip_prefix("FROM ").map(day).transpose()?;
    ensure!(from.is_some() || said == "FROM_START", "no scope: {said}");
    let from_start = from.is_none();
    Ok(pb::TermScope { from, from_start, evidence: evidence.to_owned(), ..pb::TermScope::default() })
}

pub async fn outcome(world: &mut World, said: &Said<'_>) -> Result<()> {
    let result = world.synced.as_ref().context("no order was synced")?;
    let got = result.outcome().as_str_name().trim_start_matches("SYNC_OUTCOME_");
    ensure!(
        got == said.word(0),
        "expected {}, got {got}: {} {}",
        said.word(0),
        result.reason,
        result.message
    );
    Ok(())
}

pub async fn outcome_because(world: &mut World, said: &Said<'_>) -> Result<()> {
    outcome(world, said).await?;
    let result = world.synced.as_ref().context("no order was synced")?;
    ensure!(
        result.reason == said.word(1),
        "expected {}, got {}: {}",
        said.word(1),
        result.reason,
        result.message
    );
    Ok(())
}

pub async fn names(world: &mut World, said: &Said<'_>) -> Result<()> {
    let message = &world.synced.as_ref().context("no order was synced")?.message;
    ensure!(message.contains(said.word(0)), "got {message}");
    Ok(())
}
