//! Ten spots that were sold and aired in January, and what airs after them.

use anyhow::{Context, Result, ensure};
use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, ad_product_service_client::AdProductServiceClient,
        billing_run_service_client::BillingRunServiceClient, delivery_service_client::DeliveryServiceClient,
        import_airings_request::Part, makegood_service_client::MakegoodServiceClient,
        order_service_client::OrderServiceClient,
    },
};

use super::{house::House, reference};
use crate::suite::day;

/// What each costs.
const RATE: &str = "275.00";

fn spot(number: i32, on: &str) -> Result<pb::Airing> {
    Ok(pb::Airing {
        order: "IO-S".into(),
        line: "L1".into(),
        spot: format!("S{number}"),
        row: number,
        date: Some(day(on)?),
        time: "18:23".into(),
        length_seconds: 30,
        creative: "ACME0130H".into(),
        rate: RATE.into(),
        status: pb::AiringStatus::Aired.into(),
        station: "WHUD".into(),
        ..pb::Airing::default()
    })
}

async fn import(house: &House, batch: &str, airings: Vec<pb::Airing>, amount: &str) -> Result<()> {
    let rows = i64::try_from(airings.len())?;
    let header = pb::AiringBatchHeader {
        source: "traffic".into(),
        batch_id: batch.into(),
        sequence: None,
        mode: pb::BatchMode::Unspecified.into(),
        order_source_system: "io".into(),
        control_totals: Some(pb::DeliveryControlTotals { rows, amount: amount.into(), measure: 0 }),
    };
    let parts = std::iter::once(Part::Header(header)).chain(airings.into_iter().map(Part::Airing));
    let messages: Vec<_> = parts.map(|part| pb::ImportAiringsRequest { part: Some(part) }).collect();
    let door = house.billing("order_management_1", Role::OrderManagement)?;
    let taken = DeliveryServiceClient::new(door).import_airings(tokio_stream::iter(messages)).await?;
    ensure!(taken.get_ref().rows_loaded == rows, "{taken:?}");
    Ok(())
}

async fn sell(house: &House) -> Result<()> {
    let product = pb::AdProduct {
        code: "SPOT".into(),
        pricing_model: pb::PricingModel::PerSpot.into(),
        ..reference::product()?
    };
    let request = pb::CreateAdProductRequest { ad_product: Some(product), request_id: "spot".into() };
    let mut products = AdProductServiceClient::new(house.billing("product_ops_1", Role::ProductOps)?);
    let product = products.create_ad_product(request).await?.into_inner().name;
    let flight = Some(pb::Days { first: Some(day("2026-01-01")?), last: Some(day("2026-01-31")?) });
    let line = pb::OrderLine {
        number: "L1".into(),
        ad_product: product,
        flight,
        rate: RATE.into(),
        booked_units: "10".into(),
        station: "WHUD".into(),
        ..pb::OrderLine::default()
    };
    let order = pb::Order {
        account: house.account.clone(),
        billing_entity: house.entity.clone(),
        external_id: Some(pb::ExternalId { source_system: "io".into(), id: "IO-S".into() }),
        revision: 1,
        advertiser: "Acme Soap".into(),
        currency_code: "GBP".into(),
        commission_percent: "15".into(),
        flight,
        signed_date: Some(day("2025-12-15")?),
        liability: pb::Liability::SoleAgency.into(),
        billing_calendar: pb::BillingCalendar::CalendarMonth.into(),
        billing_cycle: pb::BillingCycle::EndOfMonth.into(),
        lines: vec![line],
        ..pb::Order::default()
    };
    let request = pb::SyncOrdersRequest {
        source_system: "io".into(),
        sequence: None,
        control_totals: Some(pb::OrderControlTotals { orders: 1, lines: 1, amount: "0.00".into() }),
        orders: vec![order],
        request_id: "IO-S".into(),
    };
    let door = house.billing("order_management_1", Role::OrderManagement)?;
    let results = OrderServiceClient::new(door).sync_orders(request).await?.into_inner().results;
    ensure!(results.iter().all(|each| each.outcome() == pb::SyncOutcome::Created), "{results:?}");
    Ok(())
}

/// Their invoice: gross 10 × 275.00 = 2,750.00, commission 412.50, net 2,337.50, VAT 467.50, total 2,805.00.
pub async fn billed(house: &House) -> Result<pb::Invoice> {
    sell(house).await?;
    let airings = (1..=10).map(|number| spot(number, "2026-01-27")).collect::<Result<_>>()?;
    import(house, "january", airings, "2750.00").await?;
    let run = house.rate("run").await?;
    let request = pb::ApproveBillingRunRequest {
        name: run.name.clone(),
        drafts_root: run.drafts_root,
        request_id: "apr".into(),
        approvers: vec!["second".into()],
    };
    BillingRunServiceClient::new(house.trusted()?).approve_billing_run(request).await?;
    house.issue(&run.name).await?.pop().context("the run has issued nothing")
}

/// A spot of February makes another one good.
pub async fn make_good(house: &House, number: i32, missed: &str) -> Result<()> {
    let made = pb::Airing { makegood_for: vec![missed.into()], ..spot(number, "2026-02-10")? };
    import(house, &format!("makegood-{number}"), vec![made], RATE).await
}

/// A spot of 130.00 that was missed, so that nothing bills it.
pub async fn missed(house: &House) -> Result<()> {
    sell(house).await?;
    let missed = pb::Airing {
        status: pb::AiringStatus::MadeGood.into(),
        time: String::new(),
        rate: "130.00".into(),
        ..spot(1, "2026-01-27")?
    };
    import(house, "missed", vec![missed], "130.00").await
}

/// What is owed for spots, in the order of their names.
pub async fn obligations(house: &House) -> Result<Vec<pb::MakegoodObligation>> {
    let request = pb::ListMakegoodObligationsRequest {
        parent: format!("{}/orders/-", house.account),
        ..pb::ListMakegoodObligationsRequest::default()
    };
    let door = house.billing("auditor", Role::Auditor)?;
    let found = MakegoodServiceClient::new(door).list_makegood_obligations(request).await?.into_inner();
    let mut obligations = found.makegood_obligations;
    obligations.sort_by(|one, other| one.spot.cmp(&other.spot));
    Ok(obligations)
}
