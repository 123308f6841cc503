//! Settings of those who send daily facts.

use billing_proto::billing::invoicing::v1 as pb;
use prost_types::FieldMask;
use tonic::{Code, Status};

use crate::{
    daily::{client, fact, header, import},
    order::{order, reference_data, sync},
    service::{Service, reason},
};

async fn update(
    service: &Service,
    source: pb::DeliverySource,
    path: &str,
    request_id: &str,
) -> Result<pb::DeliverySource, Status> {
    let request = pb::UpdateDeliverySourceRequest {
        delivery_source: Some(source),
        update_mask: Some(FieldMask { paths: vec![path.into()] }),
        request_id: request_id.into(),
    };
    client(service).update_delivery_source(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_source_is_told_what_becomes_of_duplicates_and_keeps_its_zone_once_it_has_facts() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    // Nothing of the first batch can be used: the source has no facts.
    import(&service, header("B0", 1, 100), &[fact("L2", "2026-01-01", 100)]).await.unwrap();
    let get = || pb::GetDeliverySourceRequest { name: "deliverySources/adserver".into() };
    let source = client(&service).get_delivery_source(get()).await.unwrap().into_inner();
    assert_eq!(
        (source.time_zone.as_str(), source.duplicates()),
        ("America/New_York", pb::DuplicateFacts::Refuse)
    );
    let berlin = pb::DeliverySource { time_zone: "Europe/Berlin".into(), ..source.clone() };
    let moved = update(&service, berlin.clone(), "time_zone", "1").await.unwrap();
    assert_eq!(moved.time_zone, "Europe/Berlin");
    let stale = update(&service, berlin, "time_zone", "2").await.unwrap_err();
    assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_MISMATCH"));

    sync(&service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    let with_zone = |batch: &str| pb::DailyBatchHeader { time_zone: String::new(), ..header(batch, 2, 150) };
    let twice = [fact("L2", "2026-01-01", 100), fact("L2", "2026-01-01", 50)];
    let refused = import(&service, with_zone("B1"), &twice).await.unwrap_err();
    assert_eq!(reason(&refused), "DUPLICATE_FACTS");
    let sum = pb::DeliverySource { duplicates: pb::DuplicateFacts::Sum.into(), ..moved };
    let summed = update(&service, sum, "duplicates", "3").await.unwrap();
    assert_eq!(summed.duplicates(), pb::DuplicateFacts::Sum);
    assert_eq!(import(&service, with_zone("B2"), &twice).await.unwrap().rows_loaded, 2);
    let back = pb::DeliverySource { time_zone: "America/New_York".into(), ..summed.clone() };
    let refused = update(&service, back, "time_zone", "4").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "TIME_ZONE_IN_USE"));
    let list = pb::ListDeliverySourcesRequest::default();
    let listed = client(&service).list_delivery_sources(list).await.unwrap().into_inner();
    assert_eq!(listed.delivery_sources, [summed]);
    let missing = pb::GetDeliverySourceRequest { name: "deliverySources/nobody".into() };
    let missing = client(&service).get_delivery_source(missing).await.unwrap_err();
    assert_eq!(reason(&missing), "NOT_FOUND");
}
