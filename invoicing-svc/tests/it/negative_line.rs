//! What was billed too much, taken back by a line below zero where the entity allows that.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, billing_entity_service_client::BillingEntityServiceClient,
        billing_run_service_client::BillingRunServiceClient,
    },
};
use prost_types::FieldMask;

use crate::{
    agreement::{is_explained, lines, two_accounts},
    daily,
    invoice::{all, bill, list},
    note::{credit, issue},
    order::{Sold, days, order, sync},
    reference::{create_product, create_series_of},
    service::{Service, reason},
};

async fn allow(service: &Service, sold: &Sold, limit: &str) {
    let request = pb::UpdateBillingEntityRequest {
        billing_entity: Some(pb::BillingEntity {
            name: sold.entity.clone(),
            negative_line_limit: limit.into(),
            ..pb::BillingEntity::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["negative_line_limit".into()] }),
        request_id: "limit".into(),
    };
    let mut client = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    let updated = client.update_billing_entity(request).await.unwrap().into_inner();
    assert_eq!(updated.negative_line_limit, limit);
}

/// IO-2001 at 10.00 per thousand, without commission or purchase order: 1,000,000 of January are billed, 10,000.00.
async fn january_billed(service: &Service) -> (Sold, pb::Order) {
    january_billed_of(service, "3000000").await
}

/// The same where the line is booked, and so capped, at so many units.
async fn january_billed_of(service: &Service, booked: &str) -> (Sold, pb::Order) {
    let (sold, said) = sell(service, &["L1"], booked).await;
    deliver(service, "B1", &[("2026-01-15", 1_000_000)]).await;
    let january = bill(service, &sold, "2026-01", "january").await;
    assert_eq!(lines(service, &january).await, ["DELIVERY 1000000 × 10 = 10000.00"]);
    (sold, said)
}

/// IO-2001 with these lines at 10.00 per thousand, each booked at so many units.
async fn sell(service: &Service, numbers: &[&str], booked: &str) -> (Sold, pb::Order) {
    let (sold, _) = two_accounts(service).await;
    allow(service, &sold, "500.00").await;
    let product = create_product(service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let line = |number: &&str| pb::OrderLine {
        number: (*number).into(),
        ad_product: product.clone(),
        flight: days("2026-01-01", "2026-03-31"),
        rate: "10".into(),
        booked_units: booked.into(),
        ..pb::OrderLine::default()
    };
    let said = pb::Order {
        commission_percent: "0".into(),
        purchase_orders: vec![],
        lines: numbers.iter().map(line).collect(),
        ..order(&sold, "IO-2001")
    };
    assert_eq!(sync(service, vec![said.clone()], "order").await.unwrap()[0].reason, "");
    (sold, said)
}

async fn deliver(service: &Service, batch: &str, counted: &[(&str, i64)]) {
    let of_line: Vec<_> = counted.iter().map(|(day, count)| ("L1", *day, *count)).collect();
    deliver_lines(service, batch, &of_line).await;
}

async fn deliver_lines(service: &Service, batch: &str, counted: &[(&str, &str, i64)]) {
    let fact = |(line, day, count): &(&str, &str, i64)| pb::DeliveryFact {
        order: "IO-2001".into(),
        ..daily::fact(line, day, *count)
    };
    let facts: Vec<_> = counted.iter().map(fact).collect();
    let sum = counted.iter().map(|(_, _, count)| count).sum();
    let rows = i64::try_from(counted.len()).unwrap();
    daily::import(service, daily::header(batch, rows, sum), &facts).await.unwrap();
}

/// What is held of February's run, which bills these lines.
async fn held(service: &Service, february: &[pb::Invoice]) -> Vec<String> {
    let request = pb::ListBillingExceptionsRequest {
        parent: february[0].billing_run.clone(),
        ..pb::ListBillingExceptionsRequest::default()
    };
    let mut client = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let found = client.list_billing_exceptions(request).await.unwrap().into_inner().exceptions;
    let held = found.into_iter().filter(|found| found.reason == "NEGATIVE_DELTA");
    held.map(|held| held.amount.unwrap().amount).collect()
}

/// 990,000 of the million were delivered: −10,000 at 10.00 is −100.00, below 500.00, beside 500,000 of February.
#[tokio::test]
async fn what_is_below_the_limit_goes_below_zero_on_the_next_draft() {
    let service = Service::start().await;
    let (sold, _) = january_billed(&service).await;
    deliver(&service, "B2", &[("2026-01-15", 990_000), ("2026-02-15", 500_000)]).await;
    let february = bill(&service, &sold, "2026-02", "february").await;
    assert_eq!(
        lines(&service, &february).await,
        ["DELIVERY -10000 × 10 = -100.00", "DELIVERY 500000 × 10 = 5000.00"]
    );
    assert_eq!(february[0].gross.as_ref().unwrap().amount, "4900.00");
    assert_eq!(february[0].invoice_period, days("2026-01-01", "2026-02-28"), "it spans its lines");
    assert_eq!(held(&service, &february).await, Vec::<String>::new());
    is_explained(&service, &sold, &february).await;
    assert_eq!(bill(&service, &sold, "2026-03", "march").await, [], "it is taken back once");
}

/// 950,000: −50,000 at 10.00 is −500.00, which is not below 500.00.
#[tokio::test]
async fn what_reaches_the_limit_is_held() {
    let service = Service::start().await;
    let (sold, _) = january_billed(&service).await;
    deliver(&service, "B2", &[("2026-01-15", 950_000), ("2026-02-15", 500_000)]).await;
    let february = bill(&service, &sold, "2026-02", "february").await;
    assert_eq!(lines(&service, &february).await, ["DELIVERY 500000 × 10 = 5000.00"]);
    assert_eq!(held(&service, &february).await, ["-500.00"]);
    is_explained(&service, &sold, &february).await;
}

/// 1,500,000 are the cap. 940,000 of January's million were delivered, −600.00, which is not below 500.00; and 520,000 of February, of
/// which 500,000 are within the cap while January stays: 200.00 wait besides, and make the 600.00 no 400.00.
#[tokio::test]
async fn what_waits_beside_it_does_not_count_against_the_limit() {
    let service = Service::start().await;
    let (sold, _) = january_billed_of(&service, "1500000").await;
    deliver(&service, "B2", &[("2026-01-15", 940_000), ("2026-02-15", 520_000)]).await;
    let february = bill(&service, &sold, "2026-02", "february").await;
    let lines = lines(&service, &february).await;
    let billed: Vec<&String> = lines.iter().filter(|line| line.starts_with("DELIVERY")).collect();
    assert_eq!(billed, ["DELIVERY 500000 × 10 = 5000.00"]);
    let mut held = held(&service, &february).await;
    held.sort();
    assert_eq!(held, ["-600.00", "200.00"]);
}

/// 1,000.00 each were billed. −200.00 and −100.00 are below the limit together, but not what 150.00 of February pay: the least of
/// them is taken back.
#[tokio::test]
async fn a_draft_that_cannot_pay_all_takes_back_the_least() {
    let service = Service::start().await;
    let (sold, _) = sell(&service, &["L1", "L2"], "3000000").await;
    deliver_lines(&service, "B1", &[("L1", "2026-01-15", 100_000), ("L2", "2026-01-15", 100_000)]).await;
    let january = bill(&service, &sold, "2026-01", "january").await;
    assert_eq!(lines(&service, &january).await, ["DELIVERY 100000 × 10 = 1000.00"; 2]);
    let restated = [("L1", "2026-01-15", 80_000), ("L2", "2026-01-15", 90_000), ("L1", "2026-02-15", 15_000)];
    deliver_lines(&service, "B2", &restated).await;
    let february = bill(&service, &sold, "2026-02", "february").await;
    assert_eq!(
        lines(&service, &february).await,
        ["DELIVERY -10000 × 10 = -100.00", "DELIVERY 15000 × 10 = 150.00"]
    );
    assert_eq!(held(&service, &february).await, ["-200.00"]);
    is_explained(&service, &sold, &february).await;
}

/// January's 10,000.00 less the 100.00 that February's document takes back: 9,900.00 stand and can be credited, once.
#[tokio::test]
async fn what_was_taken_back_is_not_credited_besides() {
    let service = Service::start().await;
    let (sold, _) = january_billed(&service).await;
    create_series_of(&service, &sold.entity, pb::DocumentKind::CreditNote, "CN").await;
    deliver(&service, "B2", &[("2026-01-15", 990_000), ("2026-02-15", 500_000)]).await;
    let february = bill(&service, &sold, "2026-02", "february").await;
    let documents = list(&service, all()).await;
    let january = documents.iter().find(|document| document.billing_month == "2026-01").unwrap();
    for (gross, id) in [("10000.00", "whole"), ("9900.01", "above")] {
        let refused = issue(&service, credit(january, gross, id)).await.unwrap_err();
        assert_eq!(reason(&refused), "TAKEN_BACK_SINCE", "{gross}");
        assert!(refused.message().contains(&february[0].number), "{refused}");
        assert!(refused.message().contains("9,900.00 of its period stand"), "{refused}");
    }
    let credited = issue(&service, credit(january, "9900.00", "all")).await.unwrap();
    assert_eq!(credited.gross.unwrap().amount, "9900.00");
    let refused = issue(&service, credit(january, "100.00", "rest")).await.unwrap_err();
    assert_eq!(reason(&refused), "TAKEN_BACK_SINCE", "of the line 100.00 are left, of the period nothing");
}

/// The 100.00 were billed without a purchase order, and the draft goes on PO-1.
#[tokio::test]
async fn what_was_billed_on_another_purchase_order_is_held() {
    let service = Service::start().await;
    let (sold, said) = january_billed(&service).await;
    let purchase_order = pb::PurchaseOrder { number: "PO-1".into(), ..pb::PurchaseOrder::default() };
    let amended = pb::Order { revision: 2, purchase_orders: vec![purchase_order], ..said };
    assert_eq!(sync(&service, vec![amended], "amended").await.unwrap()[0].reason, "");
    deliver(&service, "B2", &[("2026-01-15", 990_000), ("2026-02-15", 500_000)]).await;
    let february = bill(&service, &sold, "2026-02", "february").await;
    assert_eq!(lines(&service, &february).await, ["DELIVERY 500000 × 10 = 5000.00"]);
    assert_eq!(held(&service, &february).await, ["-100.00"]);
}
