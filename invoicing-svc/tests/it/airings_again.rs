//! Quarantined airings that are looked at again.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, delivery_service_client::DeliveryServiceClient, import_airings_request::Part,
    },
};

use crate::{
    delivery::{header, import, spot},
    order::{order, reference_data, sync},
    service::{Door, Service},
};

fn client(service: &Service) -> DeliveryServiceClient<Door> {
    DeliveryServiceClient::new(service.door("order_management_1", Role::OrderManagement))
}

async fn release(service: &Service, name: &str, request_id: &str) -> pb::DeliveryBatch {
    let request =
        pb::ReleaseQuarantineRequest { name: name.into(), rows: vec![], request_id: request_id.into() };
    client(service).release_quarantine(request).await.unwrap().into_inner()
}

async fn waiting(service: &Service, batch: &str) -> Vec<(i64, String)> {
    let request = pb::ListQuarantineRequest { batch: batch.into(), ..pb::ListQuarantineRequest::default() };
    let rows = client(service).list_quarantine(request).await.unwrap().into_inner().rows;
    rows.into_iter().map(|row| (row.row, row.reason)).collect()
}

#[tokio::test]
async fn spots_are_released_once_their_order_is_there() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let other_line = pb::Airing { line: "L9".into(), ..spot(3) };
    let landed = import(&service, header("B1", 3, "825.00"), &[spot(1), spot(2), other_line]).await.unwrap();
    assert_eq!(landed.rows_quarantined, 3);
    assert_eq!(release(&service, &landed.name, "r1").await, landed, "nothing can be used yet");

    sync(&service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    service.clock.set("2026-04-02T13:00:00Z".parse().unwrap());
    let newer = pb::Airing { rate: "300.00".into(), ..spot(2) };
    import(&service, header("B2", 1, "300.00"), &[newer]).await.unwrap();
    let released = release(&service, &landed.name, "r2").await;
    let said =
        (&*released.batch_id, &*released.released_from, released.rows_loaded, released.rows_quarantined);
    assert_eq!(said, ("B1/release-1", &*landed.name, 1, 0));
    assert_eq!(release(&service, &landed.name, "r2").await, released, "asked again");
    let stay = [(2, "SAID_SINCE".to_owned()), (3, "UNKNOWN_LINE".to_owned())];
    assert_eq!(waiting(&service, &landed.name).await, stay);
    assert_eq!(release(&service, &landed.name, "r3").await, landed, "the rest waits on");
}

#[tokio::test]
async fn the_records_of_a_file_are_read_again_by_its_first_line() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let file =
        "order_no,line,row,date,time,spot_rate,status,spot\nIO-1001,L3,1,2026-01-27,18:23,275.00,AIRED,S1\n";
    let parts = [Part::Header(header("B1", 1, "275.00")), Part::Csv(file.into())];
    let messages = parts.map(|part| pb::ImportAiringsRequest { part: Some(part) });
    let landed = client(&service).import_airings(tokio_stream::iter(messages)).await.unwrap().into_inner();
    assert_eq!(landed.rows_quarantined, 1);
    sync(&service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    let released = release(&service, &landed.name, "r1").await;
    assert_eq!((released.rows_loaded, waiting(&service, &landed.name).await.len()), (1, 0));
}
