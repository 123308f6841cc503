//! Counts that somebody typed in by hand: they count once a second person has looked at what proves them.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{self as pb, delivery_service_client::DeliveryServiceClient},
};
use tonic::{Code, Status};

use crate::{
    daily::{client, fact, header, import},
    invoice::{bill, sold},
    metered::io_2006,
    order::days,
    service::{Door, Service, reason},
    tax::amount,
};

const EVIDENCE: &str = "The verifier's report of 2 February, read by telephone";

fn typed(batch: &str, impressions: i64) -> pb::DailyBatchHeader {
    let header = header(batch, 1, impressions);
    pb::DailyBatchHeader { source: "typed".into(), evidence: EVIDENCE.into(), ..header }
}

async fn release(door: Door, batch: &pb::DeliveryBatch, id: &str) -> Result<pb::DeliveryBatch, Status> {
    let (name, request_id) = (batch.name.clone(), id.into());
    let request = pb::ReleaseQuarantineRequest { name, rows: vec![], request_id };
    DeliveryServiceClient::new(door).release_quarantine(request).await.map(tonic::Response::into_inner)
}

/// 100,000 impressions at 7.50 per thousand.
#[tokio::test]
async fn a_count_that_is_typed_in_bills_once_a_second_person_has_released_it() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    io_2006(&service, &sold).await;
    let count = pb::DeliveryFact { order: "IO-2006".into(), ..fact("L1", "2026-01-15", 100_000) };
    let batch = import(&service, typed("B1", 100_000), &[count]).await.unwrap();
    assert_eq!((batch.rows_loaded, batch.rows_quarantined, batch.evidence.as_str()), (0, 1, EVIDENCE));
    let request = pb::ListQuarantineRequest { batch: batch.name.clone(), ..Default::default() };
    let waiting = client(&service).list_quarantine(request).await.unwrap().into_inner().rows;
    assert_eq!((waiting.len(), waiting[0].reason.as_str()), (1, "MANUAL_COUNT"));

    let own = release(service.door("order_management_1", Role::OrderManagement), &batch, "own").await;
    let own = own.unwrap_err();
    assert_eq!((own.code(), reason(&own).as_str()), (Code::PermissionDenied, "SAME_PERSON"));
    let platform =
        release(service.platform_door(Role::BillingManager), &batch, "platform").await.unwrap_err();
    assert_eq!(reason(&platform), "PERSON_REQUIRED");
    let released = release(service.door("second", Role::BillingManager), &batch, "second").await.unwrap();
    assert_eq!((released.rows_loaded, &released.released_from), (1, &batch.name));

    let january = bill(&service, &sold, "2026-01", "january").await;
    let billed = january.iter().find(|invoice| invoice.order_external_id == "IO-2006").unwrap();
    assert_eq!(amount(&billed.gross), "750.00");
}

#[tokio::test]
async fn what_is_typed_in_never_says_what_is_absent() {
    let service = Service::start().await;
    sold(&service).await;
    let replace = pb::DailyBatchHeader {
        mode: pb::BatchMode::Replace.into(),
        days: days("2026-01-01", "2026-01-31"),
        ..typed("B1", 5)
    };
    let refused = import(&service, replace, &[fact("L3", "2026-01-15", 5)]).await.unwrap_err();
    assert_eq!(reason(&refused), "MALFORMED");
    assert!(refused.message().contains("header.mode: must be UPSERT"), "{}", refused.message());
}
