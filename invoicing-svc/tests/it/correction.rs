//! Money that was billed too much: it is held, and said to whoever corrects documents.

use billing_proto::billing::{
    access::v1::Role,
    event::v1::StreamEventsRequest,
    invoicing::v1::{self as pb, event_service_client::EventServiceClient},
};
use prost::Message;

use crate::{
    daily,
    invoice::{bill, review, sold},
    order::{day, days, order, sync},
    reference::create_product,
    service::Service,
};

const KIND: &str = "billing.invoicing.v1.rating_correction.proposed";

/// A million impressions at this price.
fn impressions(product: &str, rate: &str, scopes: Vec<pb::TermScope>) -> pb::OrderLine {
    pb::OrderLine {
        number: "L1".into(),
        ad_product: product.into(),
        flight: days("2026-01-01", "2026-03-31"),
        rate: rate.into(),
        booked_units: "3000000".into(),
        scopes,
        ..pb::OrderLine::default()
    }
}

/// The next event of this kind, after so many.
async fn heard(service: &Service, after_position: i64) -> billing_proto::billing::event::v1::Event {
    let request = StreamEventsRequest {
        after_position,
        type_prefixes: vec![KIND.into()],
        ..StreamEventsRequest::default()
    };
    let mut client = EventServiceClient::new(service.door("controller_1", Role::Controller));
    client.stream_events(request).await.unwrap().into_inner().message().await.unwrap().unwrap()
}

/// January: 1,000,000 at 10.00 are billed, 10,000.00. At 8.00 they were 8,000.00, so −2,000.00 is held in February.
#[tokio::test]
async fn what_is_held_is_proposed_as_a_correction() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let product = create_product(&service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let said = |revision, rate: &str, scopes| pb::Order {
        revision,
        purchase_orders: vec![],
        lines: vec![impressions(&product, rate, scopes)],
        ..order(&sold, "IO-2001")
    };
    sync(&service, vec![said(1, "10", vec![])], "first").await.unwrap();
    let fact = pb::DeliveryFact { order: "IO-2001".into(), ..daily::fact("L1", "2026-01-15", 1_000_000) };
    daily::import(&service, daily::header("B1", 1, 1_000_000), &[fact]).await.unwrap();
    let january = bill(&service, &sold, "2026-01", "january").await;
    let document = january.iter().find(|invoice| invoice.order_external_id == "IO-2001").unwrap();

    let from_start = pb::TermScope {
        term: "rate".into(),
        from_start: true,
        evidence: "mail of 28 January".into(),
        ..pb::TermScope::default()
    };
    let amended = sync(&service, vec![said(2, "8", vec![from_start])], "second").await.unwrap();
    assert_eq!(amended[0].outcome(), pb::SyncOutcome::Amended, "{}", amended[0].message);
    review(&service, &sold, "2026-02", "february").await;

    let event = heard(&service, 0).await;
    assert_eq!((event.billing_entity.as_str(), event.account.as_str()), (&*sold.entity, &*sold.account));
    let held = pb::BillingException::decode(&*event.payload.unwrap().value).unwrap();
    assert_eq!((event.subject.as_str(), held.reason.as_str()), (&*held.name, "NEGATIVE_DELTA"));
    assert_eq!((held.order.as_str(), held.line.as_str()), (&*document.order, "L1"));
    assert_eq!(held.amount.unwrap().amount, "-2000.00");
    assert_eq!(held.origin_period.unwrap().first, Some(day("2026-01-01")));
}
