//! Money that was billed too much: it is held, and said to whoever corrects documents.

use billing_proto::billing::{
    access::v1::Role,
    event::v1::StreamEventsRequest,
    invoicing::v1::{
        self as pb, delivery_service_client::DeliveryServiceClient, event_service_client::EventServiceClient,
        import_delivery_request::Part,
    },
};
use jiff::SignedDuration;
use prost::Message;

use crate::{
    daily,
    invoice::{all, approve, bill, issue as issued, list, manager, review, sold},
    note::{amount, credit_on, issue},
    order::{Sold, day, days, order, sync},
    reference::{create_product, create_series_of},
    service::Service,
    tax::{all_laws_hold, exceptions},
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

/// The first event of this kind.
async fn heard(service: &Service, kind: &str) -> billing_proto::billing::event::v1::Event {
    let request = StreamEventsRequest { type_prefixes: vec![kind.into()], ..StreamEventsRequest::default() };
    let mut client = EventServiceClient::new(service.door("controller_1", Role::Controller));
    client.stream_events(request).await.unwrap().into_inner().message().await.unwrap().unwrap()
}

/// Sells impressions until March at 10.00, of which 1,000,000 are delivered in January. The product.
async fn delivered(service: &Service, sold: &Sold) -> String {
    let product = create_product(service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let said = pb::Order {
        purchase_orders: vec![],
        lines: vec![impressions(&product, "10", vec![])],
        ..order(sold, "IO-2001")
    };
    sync(service, vec![said], "first").await.unwrap();
    let fact = pb::DeliveryFact { order: "IO-2001".into(), ..daily::fact("L1", "2026-01-15", 1_000_000) };
    daily::import(service, daily::header("B1", 1, 1_000_000), &[fact]).await.unwrap();
    product
}

/// January: 1,000,000 at 10.00 are billed, 10,000.00. At 8.00 they were 8,000.00, so −2,000.00 is held in February. The document
/// of January, and the run of February in review.
async fn amended(service: &Service) -> (Sold, pb::Invoice, pb::BillingRun) {
    let sold = sold(service).await;
    let product = delivered(service, &sold).await;
    let january = bill(service, &sold, "2026-01", "january").await;
    let document = january.into_iter().find(|invoice| invoice.order_external_id == "IO-2001").unwrap();

    service.clock.advance(SignedDuration::from_hours(1));
    let from_start = pb::TermScope {
        term: "rate".into(),
        from_start: true,
        evidence: "mail of 28 January".into(),
        ..pb::TermScope::default()
    };
    let said = pb::Order {
        revision: 2,
        purchase_orders: vec![],
        lines: vec![impressions(&product, "8", vec![from_start])],
        ..order(&sold, "IO-2001")
    };
    let amended = sync(service, vec![said], "second").await.unwrap();
    assert_eq!(amended[0].outcome(), pb::SyncOutcome::Amended, "{}", amended[0].message);
    let run = review(service, &sold, "2026-02", "february").await;
    (sold, document, run)
}

/// What a run still holds.
async fn held(service: &Service, run: &pb::BillingRun) -> Vec<pb::BillingException> {
    let mut found = exceptions(service, run).await;
    found.retain(|each| each.reason == "NEGATIVE_DELTA" && each.state() == pb::ExceptionState::Open);
    found
}

async fn cancel(service: &Service, run: &pb::BillingRun) {
    let request = pb::CancelBillingRunRequest { name: run.name.clone(), request_id: "cancel".into() };
    manager(service, "first").cancel_billing_run(request).await.unwrap();
}

#[tokio::test]
async fn what_is_held_is_proposed_as_a_correction() {
    let service = Service::start().await;
    let (sold, document, _) = amended(&service).await;
    let event = heard(&service, KIND).await;
    assert_eq!((event.billing_entity.as_str(), event.account.as_str()), (&*sold.entity, &*sold.account));
    let held = pb::BillingException::decode(&*event.payload.unwrap().value).unwrap();
    assert_eq!((event.subject.as_str(), held.reason.as_str()), (&*held.name, "NEGATIVE_DELTA"));
    assert_eq!((held.order.as_str(), held.line.as_str()), (&*document.order, "L1"));
    assert_eq!(held.amount.unwrap().amount, "-2000.00");
    assert_eq!(held.origin_period.unwrap().first, Some(day("2026-01-01")));
    let [taken] = &held.taken_back[..] else { panic!("{:?}", held.taken_back) };
    assert_eq!((taken.invoice.as_str(), taken.line, amount(&taken.gross)), (&*document.name, 1, "2000.00"));
    assert_eq!(held.makers, ["order_management_1"], "who sent the amendment");
}

/// What lands after a draft was rated, and before it is approved as it is, is not billed by it.
#[tokio::test]
async fn who_sent_what_landed_after_the_rating_made_the_difference() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    delivered(&service, &sold).await;
    let january = review(&service, &sold, "2026-01", "january").await;
    service.clock.advance(SignedDuration::from_hours(1));
    let restated = pb::DeliveryFact { order: "IO-2001".into(), ..daily::fact("L1", "2026-01-15", 900_000) };
    let parts = [
        Part::Header(daily::header("B2", 1, 900_000)),
        Part::Facts(pb::DeliveryFacts { facts: vec![restated] }),
    ];
    let messages = parts.map(|part| pb::ImportDeliveryRequest { part: Some(part) });
    let door = service.door("order_management_2", Role::OrderManagement);
    DeliveryServiceClient::new(door).import_delivery(tokio_stream::iter(messages)).await.unwrap();
    service.clock.advance(SignedDuration::from_hours(1));
    approve(&service, &january).await;
    assert_eq!(issued(&service, &january).await.state(), pb::BillingRunState::Issued);
    let february = review(&service, &sold, "2026-02", "february").await;
    let found = held(&service, &february).await;
    let [held] = &found[..] else { panic!("{found:?}") };
    // 100,000 fewer at 10.00.
    assert_eq!(amount(&held.amount), "-1000.00");
    assert_eq!(held.makers, ["order_management_2"], "and not who sent what was billed");
}

#[tokio::test]
async fn a_credit_note_of_what_is_held_is_made_of_its_units_and_settles_it() {
    let service = Service::start().await;
    let (sold, document, run) = amended(&service).await;
    create_series_of(&service, &sold.entity, pb::DocumentKind::CreditNote, "CN").await;
    assert_eq!(held(&service, &run).await.len(), 1);
    let credit = credit_on(&document, pb::NoteBasis::Correction, "2000.00", "credit");
    let note = issue(&service, credit).await.unwrap();
    let line = |line: &pb::InvoiceLine| (line.quantity.clone(), amount(&line.gross).to_owned());
    let lines: Vec<_> = note.lines.iter().map(line).collect();
    let expected = [("1000000", "10000.00"), ("-1000000", "-8000.00")];
    assert_eq!(lines, expected.map(|(quantity, gross)| (quantity.to_owned(), gross.to_owned())));
    assert_eq!(held(&service, &run).await, [], "the run in review is rated again");
    cancel(&service, &run).await;
    let next = review(&service, &sold, "2026-03", "march").await;
    assert_eq!(held(&service, &next).await, []);
    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: next.name, ..all() }).await;
    assert!(drafts.iter().all(|draft| draft.order_external_id != "IO-2001"), "0.00: {drafts:?}");
    all_laws_hold(&service).await;
}

#[tokio::test]
async fn what_a_run_held_that_is_not_rated_again_is_settled_and_said() {
    let service = Service::start().await;
    let (sold, document, run) = amended(&service).await;
    create_series_of(&service, &sold.entity, pb::DocumentKind::CreditNote, "CN").await;
    approve(&service, &run).await;
    assert_eq!(issued(&service, &run).await.state(), pb::BillingRunState::Issued);
    // Something else is corrected: 100,000 impressions at 10.00.
    let other = credit_on(&document, pb::NoteBasis::Correction, "1000.00", "other");
    issue(&service, other).await.unwrap();
    assert_eq!(held(&service, &run).await.len(), 1);
    let credit = credit_on(&document, pb::NoteBasis::Correction, "2000.00", "credit");
    issue(&service, credit).await.unwrap();
    assert_eq!(held(&service, &run).await, []);
    let event = heard(&service, "billing.invoicing.v1.rating_correction.settled").await;
    let settled = pb::BillingException::decode(&*event.payload.unwrap().value).unwrap();
    assert_eq!((settled.state(), settled.taken_back.len()), (pb::ExceptionState::Resolved, 0));
}
