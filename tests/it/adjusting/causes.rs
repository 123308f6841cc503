//! Why things go wrong, by the products that they go wrong with.

use anyhow::{Context, Result, ensure};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as adj, root_cause_service_client::RootCauseServiceClient},
    invoicing::v1::{
        self as pb, ad_product_service_client::AdProductServiceClient,
        billing_run_service_client::BillingRunServiceClient, order_service_client::OrderServiceClient,
    },
};

use super::{
    house::{Door, House, amount},
    reference::product,
};
use crate::suite::day;

fn pounds(amount: &str) -> Option<pb::Money> {
    Some(pb::Money { currency_code: "GBP".into(), amount: amount.into() })
}

async fn create(house: &House, code: &str) -> Result<String> {
    let ad_product = pb::AdProduct { code: code.into(), ..product()? };
    let request = pb::CreateAdProductRequest { ad_product: Some(ad_product), request_id: code.into() };
    let mut products = AdProductServiceClient::new(house.billing("product_ops_1", Role::ProductOps)?);
    Ok(products.create_ad_product(request).await?.into_inner().name)
}

/// An invoice of 10,000.00 of one product and 5,000.00 of another, with 15 percent for the agency and VAT of 20 percent.
async fn invoiced(house: &House, products: [&str; 2]) -> Result<pb::Invoice> {
    let flight = Some(pb::Days { first: Some(day("2026-01-01")?), last: Some(day("2026-01-31")?) });
    let line = |number: &str, product: &str, amount: &str| pb::OrderLine {
        number: number.into(),
        ad_product: product.into(),
        flight,
        amount: amount.into(),
        ..pb::OrderLine::default()
    };
    let order = pb::Order {
        account: house.account.clone(),
        billing_entity: house.entity.clone(),
        external_id: Some(pb::ExternalId { source_system: "io".into(), id: "IO-1".into() }),
        revision: 1,
        advertiser: "Acme Soap".into(),
        currency_code: "GBP".into(),
        commission_percent: "15".into(),
        flight,
        signed_date: Some(day("2025-12-15")?),
        liability: pb::Liability::SoleAgency.into(),
        billing_calendar: pb::BillingCalendar::CalendarMonth.into(),
        billing_cycle: pb::BillingCycle::EndOfMonth.into(),
        lines: vec![line("L1", products[0], "10000.00"), line("L2", products[1], "5000.00")],
        ..pb::Order::default()
    };
    let request = pb::SyncOrdersRequest {
        source_system: "io".into(),
        sequence: None,
        control_totals: Some(pb::OrderControlTotals { orders: 1, lines: 2, amount: "15000.00".into() }),
        orders: vec![order],
        request_id: "order".into(),
    };
    let door = house.billing("order_management_1", Role::OrderManagement)?;
    let results = OrderServiceClient::new(door).sync_orders(request).await?.into_inner().results;
    ensure!(results.iter().all(|each| each.outcome() == pb::SyncOutcome::Created), "{results:?}");
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

/// A credit of both lines that is executed.
async fn credited(house: &House, invoice: &pb::Invoice, gross: [&str; 2]) -> Result<adj::Adjustment> {
    let line = |(line, gross): (i32, &str)| adj::AdjustmentLine {
        line,
        gross: pounds(gross),
        ..adj::AdjustmentLine::default()
    };
    let credit = adj::Adjustment {
        kind: adj::AdjustmentKind::Credit.into(),
        invoice: invoice.name.clone(),
        root_cause: adj::RootCause::Pricing.into(),
        reason: "Another rate was agreed".into(),
        lines: (1..).zip(gross).map(line).collect(),
        ..adj::Adjustment::default()
    };
    let submitted = house.submit(&house.draft(credit, "credit").await?).await?;
    house.approve(&submitted, ("manager", Role::BillingManager)).await?;
    house.until_executed(&submitted.name).await
}

/// A dispute of some lines that is settled by notes, or by none.
async fn disputed(
    house: &House,
    (invoice, lines): (&pb::Invoice, Vec<i32>),
    amount: &str,
    settled_by: Vec<String>,
) -> Result<()> {
    let dispute = adj::Dispute {
        invoice: invoice.name.clone(),
        amount: pounds(amount),
        lines,
        reason: adj::DisputeReason::NotDelivered.into(),
        description: "The second week did not run".into(),
        ..adj::Dispute::default()
    };
    let request = adj::OpenDisputeRequest {
        parent: invoice.account.clone(),
        dispute: Some(dispute),
        request_id: format!("open-{amount}"),
    };
    let opened = house.disputing("sales", Role::Sales)?.open_dispute(request).await?.into_inner();
    let request = adj::TriageDisputeRequest {
        name: opened.name.clone(),
        owner: "analyst".into(),
        root_cause: adj::RootCause::Trafficking.into(),
        request_id: format!("triage-{amount}"),
        ..adj::TriageDisputeRequest::default()
    };
    let mut analyst = house.disputing("analyst", Role::BillingAnalyst)?;
    analyst.triage_dispute(request).await?;
    let outcome =
        if settled_by.is_empty() { adj::DisputeOutcome::Rejected } else { adj::DisputeOutcome::Partly };
    let request = adj::ResolveDisputeRequest {
        name: opened.name,
        outcome: outcome.into(),
        settled_by,
        explanation: "As it ran".into(),
        request_id: format!("resolve-{amount}"),
        ..adj::ResolveDisputeRequest::default()
    };
    analyst.resolve_dispute(request).await?;
    Ok(())
}

/// Cause, product, count and amount, in their order.
async fn trends(house: &House, by_product: bool) -> Result<Vec<(String, String, i64, String)>> {
    let request = adj::ListCauseTrendsRequest { by_product, ..adj::ListCauseTrendsRequest::default() };
    let mut auditor: RootCauseServiceClient<Door> = house.causes("auditor", Role::Auditor)?;
    let found = auditor.list_cause_trends(request).await?.into_inner().trends;
    let told = found.into_iter().map(|each| {
        let cause = each.root_cause().as_str_name().trim_start_matches("ROOT_CAUSE_").to_owned();
        (cause, each.ad_product.clone(), each.count, amount(&each.amount).to_owned())
    });
    let mut told: Vec<_> = told.collect();
    told.sort();
    Ok(told)
}

#[tokio::test]
async fn trends_by_product_give_each_product_its_part() -> Result<()> {
    let house = House::open().await?;
    let products = [create(&house, "FIRST").await?, create(&house, "SECOND").await?];
    let invoice = invoiced(&house, [&products[0], &products[1]]).await?;
    let credit = credited(&house, &invoice, ["1000.00", "500.00"]).await?;
    // 1,500.00 less 15 percent is 1,275.00, with VAT 1,530.00: 1,020.00 on the first line and 510.00 on the second.
    disputed(&house, (&invoice, vec![]), "6000.00", vec![credit.name]).await?;
    // It counts with its product, and settles nothing.
    disputed(&house, (&invoice, vec![2]), "100.00", vec![]).await?;

    let row = |cause: &str, product: &str, count, amount: &str| {
        (cause.to_owned(), product.to_owned(), count, amount.to_owned())
    };
    let together = trends(&house, false).await?;
    assert_eq!(together, [row("PRICING", "", 1, "1500.00"), row("TRAFFICKING", "", 2, "1530.00")]);
    let mut expected = vec![
        row("PRICING", &products[0], 1, "1000.00"),
        row("PRICING", &products[1], 1, "500.00"),
        row("TRAFFICKING", &products[0], 1, "1020.00"),
        row("TRAFFICKING", &products[1], 2, "510.00"),
    ];
    expected.sort();
    assert_eq!(trends(&house, true).await?, expected);
    Ok(())
}
