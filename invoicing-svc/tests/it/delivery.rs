//! Delivery as the traffic system sends it.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, delivery_service_client::DeliveryServiceClient, import_airings_request::Part,
    },
};
use chassis::caller::Grant;
use jiff::Timestamp;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use crate::{
    invoice::{all, list, review},
    order::{Sold, day, order, reference_data, sync},
    service::{Door, Service, reason},
};

type Client = DeliveryServiceClient<Door>;

fn client(service: &Service) -> Client {
    DeliveryServiceClient::new(service.door("order_management_1", Role::OrderManagement))
}

async fn sold(service: &Service) -> Sold {
    let sold = reference_data(service).await;
    sync(service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    sold
}

pub fn header(batch_id: &str, rows: i64, amount: &str) -> pb::AiringBatchHeader {
    pb::AiringBatchHeader {
        source: "traffic".into(),
        batch_id: batch_id.into(),
        sequence: None,
        mode: pb::BatchMode::Unspecified.into(),
        order_source_system: "io".into(),
        control_totals: Some(pb::DeliveryControlTotals { rows, amount: amount.into(), measure: 0 }),
    }
}

pub fn spot(number: i32) -> pb::Airing {
    pb::Airing {
        order: "IO-1001".into(),
        line: "L3".into(),
        spot: format!("S{number}"),
        row: number,
        date: Some(day("2026-01-27")),
        time: "18:23".into(),
        length_seconds: 30,
        creative: "ACME0130H".into(),
        rate: "275.00".into(),
        status: pb::AiringStatus::Aired.into(),
        station: "WHUD".into(),
        ..pb::Airing::default()
    }
}

async fn send(
    client: &mut Client,
    header: pb::AiringBatchHeader,
    parts: Vec<Part>,
) -> Result<pb::DeliveryBatch, Status> {
    let parts = std::iter::once(Part::Header(header)).chain(parts);
    let messages: Vec<_> = parts.map(|part| pb::ImportAiringsRequest { part: Some(part) }).collect();
    client.import_airings(tokio_stream::iter(messages)).await.map(tonic::Response::into_inner)
}

pub async fn import(
    service: &Service,
    header: pb::AiringBatchHeader,
    airings: &[pb::Airing],
) -> Result<pb::DeliveryBatch, Status> {
    send(&mut client(service), header, airings.iter().cloned().map(Part::Airing).collect()).await
}

pub async fn import_file(
    service: &Service,
    header: pb::AiringBatchHeader,
    file: &str,
) -> Result<pb::DeliveryBatch, Status> {
    send(&mut client(service), header, vec![Part::Csv(file.as_bytes().to_vec().into())]).await
}

/// A batch that is under way: its header has arrived, and it waits for what comes through `rows`.
struct UnderWay {
    rows: mpsc::Sender<pb::ImportAiringsRequest>,
    answer: JoinHandle<Result<pb::DeliveryBatch, Status>>,
}

impl UnderWay {
    /// The `nth` batch that is under way at once.
    async fn begin(service: &Service, header: pb::AiringBatchHeader, nth: i64) -> Self {
        let (rows, stream) = mpsc::channel(8);
        rows.send(pb::ImportAiringsRequest { part: Some(Part::Header(header)) }).await.unwrap();
        let mut client = client(service);
        let answer = tokio::spawn(async move {
            client.import_airings(ReceiverStream::new(stream)).await.map(tonic::Response::into_inner)
        });
        let mut connection = service.connection().await;
        let waiting = "select count(*) from pg_stat_activity where datname = current_database()
                         and state = 'idle in transaction' and query like '%arriving_airing%'";
        for _ in 0..200 {
            let (count,): (i64,) = sqlx::query_as(waiting).fetch_one(&mut connection).await.unwrap();
            if count == nth {
                return Self { rows, answer };
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("its header did not arrive");
    }

    /// Sends the rows and the end.
    async fn end(self, airings: Vec<pb::Airing>) -> Result<pb::DeliveryBatch, Status> {
        for airing in airings {
            self.rows.send(pb::ImportAiringsRequest { part: Some(Part::Airing(airing)) }).await.unwrap();
        }
        drop(self.rows);
        self.answer.await.unwrap()
    }
}

async fn quarantine(client: &mut Client) -> Vec<pb::QuarantinedRow> {
    client.list_quarantine(pb::ListQuarantineRequest::default()).await.unwrap().into_inner().rows
}

async fn airings(service: &Service) -> Vec<pb::Airing> {
    let list = pb::ListOrdersRequest { parent: "accounts/-".into(), ..pb::ListOrdersRequest::default() };
    let parent =
        crate::order::client(service).list_orders(list).await.unwrap().into_inner().orders.remove(0).name;
    let list = pb::ListAiringsRequest { parent, ..pb::ListAiringsRequest::default() };
    client(service).list_airings(list).await.unwrap().into_inner().airings
}

fn counts(batch: &pb::DeliveryBatch) -> (i64, i64, i64) {
    (batch.rows_loaded, batch.rows_unchanged, batch.rows_quarantined)
}

#[tokio::test]
async fn a_batch_lands_whole_or_not_at_all_and_once() {
    let service = Service::start().await;
    sold(&service).await;
    let mut rows: Vec<_> = (1..=23).map(spot).collect();
    rows[6].line = "L9".into();
    let refused = import(&service, header("B1", 23, "6235.00"), &rows).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "CONTROL_TOTALS"));
    assert!(
        refused.message().contains("amount 6235.00 said, 6325.00 counted, difference -90.00"),
        "{}",
        refused.message()
    );
    assert!(airings(&service).await.is_empty());

    let landed = import(&service, header("B1", 23, "6325.00"), &rows).await.unwrap();
    assert_eq!(counts(&landed), (22, 0, 1));
    assert_eq!(import(&service, header("B1", 23, "6325.00"), &rows).await.unwrap(), landed, "sent again");
    let refused = import(&service, header("B1", 22, "6050.00"), &rows[1..]).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "BATCH_CONTENT_DIFFERS")
    );
    assert_eq!(airings(&service).await.len(), 22);

    let mut client = client(&service);
    let row = quarantine(&mut client).await.remove(0);
    assert_eq!(
        (row.row, row.column.as_str(), row.reason.as_str(), row.batch_id.as_str()),
        (7, "line", "UNKNOWN_LINE", "B1")
    );
    assert!(row.content.contains(r#""line":"L9""#), "{}", row.content);
    let read =
        client.get_delivery_batch(pb::GetDeliveryBatchRequest { name: landed.name.clone() }).await.unwrap();
    assert_eq!(read.into_inner(), landed);
    let listed =
        client.list_delivery_batches(pb::ListDeliveryBatchesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.delivery_batches, [landed]);
}

#[tokio::test]
async fn what_is_said_otherwise_is_restated() {
    let service = Service::start().await;
    sold(&service).await;
    import(&service, header("B1", 2, "550"), &[spot(1), spot(2)]).await.unwrap();
    let mut missed = spot(2);
    missed.status = pb::AiringStatus::MadeGood.into();
    missed.made_good_by = vec!["L3.4".into(), "L3.5".into()];
    missed.time = String::new();
    let landed = import(&service, header("B2", 3, "825"), &[spot(1), missed.clone(), spot(3)]).await.unwrap();
    assert_eq!(counts(&landed), (2, 1, 0));
    let known = airings(&service).await;
    assert_eq!(known.len(), 3);
    let read = known.iter().find(|airing| airing.spot == "S2").unwrap();
    assert_eq!(*read, pb::Airing { name: read.name.clone(), rate: "275".into(), ..missed });
}

#[tokio::test]
async fn batches_that_are_counted_come_without_a_gap() {
    let service = Service::start().await;
    sold(&service).await;
    let send = async |sequence, id: &str| {
        let header = pb::AiringBatchHeader { sequence: Some(sequence), ..header(id, 1, "275") };
        import(&service, header, &[spot(1)]).await.map_err(|refused| reason(&refused))
    };
    assert_eq!(send(2, "B2").await.unwrap_err(), "SEQUENCE_GAP");
    let first = send(1, "B1").await.unwrap();
    send(2, "B2").await.unwrap();
    assert_eq!(send(1, "other").await.unwrap_err(), "SEQUENCE_REPEATED");
    assert_eq!(send(1, "B1").await.unwrap(), first, "the same batch again is no new batch");
}

#[tokio::test]
async fn rows_that_cannot_be_used_are_kept_with_their_place() {
    let service = Service::start().await;
    sold(&service).await;
    let change = |change: fn(&mut pb::Airing)| {
        let mut row = spot(2);
        change(&mut row);
        row
    };
    let rows = [
        spot(1),
        change(|row| row.order = "IO-9".into()),
        change(|row| row.date = Some(day("2026-04-03"))),
        change(|row| row.date = Some(day("2026-02-01"))),
        change(|row| row.date = Some(day("2026-02-30"))),
        change(|row| row.rate = "-275".into()),
        change(|row| row.rate = "abc".into()),
        change(|row| row.rate = "12345678901234567890123456789".into()),
        change(|row| row.rate = "1.1234567890123".into()),
        change(|row| row.spot = "S1".into()),
        change(|row| row.creative = "a\0b".into()),
        change(|row| row.status = 99),
        change(|row| (row.date, row.makegood_for) = (Some(day("2026-02-01")), vec!["L3.1".into()])),
    ];
    // Every number counts as it was sent: 9 × 275, the 275 taken back, and 1.1234567890123.
    let landed = import(&service, header("B1", 13, "2201.1234567890123"), &rows).await.unwrap();
    assert_eq!(counts(&landed), (2, 0, 11));
    let rows = quarantine(&mut client(&service)).await;
    let places: Vec<_> = rows.iter().map(|row| (row.row, row.column.as_str(), row.reason.as_str())).collect();
    let expected = [
        (2, "order", "UNKNOWN_ORDER"),
        (3, "date", "FUTURE_DAY"),
        (4, "date", "OUT_OF_FLIGHT"),
        (5, "date", "MALFORMED_ROW"),
        (6, "rate", "MALFORMED_ROW"),
        (7, "rate", "MALFORMED_ROW"),
        (8, "rate", "MALFORMED_ROW"),
        (9, "rate", "MALFORMED_ROW"),
        (10, "spot", "DUPLICATE_IN_BATCH"),
        (11, "creative", "MALFORMED_ROW"),
        (12, "status", "MALFORMED_ROW"),
    ];
    assert_eq!(places, expected);
    assert!(rows[4].message.starts_with("rate: must not be negative"), "{}", rows[4].message);
    let refused = import(&service, header("B2", 1, "0"), &[change(|row| row.rate = "abc".into()), spot(3)])
        .await
        .unwrap_err();
    assert!(
        refused.message().ends_with("; what is no number counts nothing: row 1"),
        "{}",
        refused.message()
    );
}

const FILE: &str = "\u{feff}invoice_no,order_no,line,row,station,date,time,length_s,ad_id,spot_rate,status,not_aired_reason,makegood_for,made_good_by\r
77-1,IO-1001,L3,1,WHUD,2026-01-27,6:23 PM,30,\"ACME, \"\"30\"\"\",275.00,AIRED,,,\r
77-1,IO-1001,L3,2,WHUD,2026-01-28,,30,,275.00,NOT_AIRED,MADE_GOOD,,\"L3.3,L3.4\"\r
\r
77-1,IO-1001,L3,3,WHUD,2026-02-02,12:05 AM,30,,275.00,AIRED,,L3.2,\r
77-1,IO-1001,L3,4,WHUD,2026-13-01,12:05 AM,30,,275.00,AIRED,,,\r
77-1,IO-1001,L3,5,WHUD";

#[tokio::test]
async fn a_file_is_read_in_whatever_pieces_it_comes() {
    let service = Service::start().await;
    sold(&service).await;
    let mut client = client(&service);
    let pieces =
        |size| FILE.as_bytes().chunks(size).map(|piece| Part::Csv(piece.to_vec().into())).collect::<Vec<_>>();
    let landed = send(&mut client, header("B1", 5, "1100.00"), pieces(7)).await.unwrap();
    assert_eq!(counts(&landed), (3, 0, 2));
    assert_eq!(send(&mut client, header("B1", 5, "1100.00"), pieces(1_000_000)).await.unwrap(), landed);
    let rows = quarantine(&mut client).await;
    let places: Vec<_> = rows.iter().map(|row| (row.row, row.column.as_str(), row.reason.as_str())).collect();
    assert_eq!(places, [(4, "date", "MALFORMED_ROW"), (5, "", "MALFORMED_ROW")]);
    assert_eq!(rows[1].content, "77-1,IO-1001,L3,5,WHUD");
    let known = airings(&service).await;
    let found: Vec<_> =
        known.iter().map(|a| (a.spot.as_str(), a.time.as_str(), a.status(), a.creative.as_str())).collect();
    let expected = [
        ("77-1:1", "18:23", pb::AiringStatus::Aired, "ACME, \"30\""),
        ("77-1:2", "", pb::AiringStatus::MadeGood, ""),
        ("77-1:3", "00:05", pb::AiringStatus::Aired, ""),
    ];
    assert_eq!(found, expected);
    assert_eq!(known[1].made_good_by, ["L3.3", "L3.4"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_with_the_place() {
    let service = Service::start().await;
    sold(&service).await;
    let head = "order_no,line,row,date,time,spot_rate,status,spot\n";
    let good = "IO-1001,L3,1,2026-01-27,18:23,275.00,AIRED,S1\n";
    let files: [(Vec<u8>, &str); 10] = [
        (
            vec![],
            "line 1 of the file has to name the columns: order_no, line, row, date, time, spot_rate, status",
        ),
        (
            b"a,b\n".to_vec(),
            "line 1 of the file names the unknown column \"a\"; take it out, or write one of order_no, line, row, date, time, \
             spot_rate, status, spot, invoice_no, station, length_s, ad_id, not_aired_reason, makegood_for, made_good_by",
        ),
        (
            b"order_no,line,row,date\n".to_vec(),
            "line 1 of the file has to name the columns; time, spot_rate, status is missing",
        ),
        (b"order_no,order_no\n".to_vec(), "line 1 of the file names the column order_no twice"),
        (
            b"order_no,line,row,date,time,spot_rate,status\n".to_vec(),
            "line 1 of the file has to name the column spot, or invoice_no",
        ),
        (
            [head, good].concat().into_bytes().into_iter().chain(*b"IO-\xff").collect(),
            "line 3 of the file is not UTF-8 at byte 4",
        ),
        ([head, good, "IO\0"].concat().into_bytes(), "line 3 of the file has a NUL byte at byte 3"),
        (
            [head, good, "\"IO-1001,L3\n\n"].concat().into_bytes(),
            "line 3 of the file opens a quote that is never closed",
        ),
        (
            [head, "\"IO\"1,"].concat().into_bytes(),
            "line 2 of the file has text after a closing quote at byte 5",
        ),
        (
            [head, good, &"x".repeat(5_000_000)].concat().into_bytes(),
            "line 3 of the file is longer than 1 MiB",
        ),
    ];
    for (number, (file, expected)) in files.into_iter().enumerate() {
        let pieces = file.chunks(65_536).map(|piece| Part::Csv(piece.to_vec().into())).collect::<Vec<_>>();
        let pieces = if pieces.is_empty() { vec![Part::Csv(Vec::new().into())] } else { pieces };
        let refused =
            send(&mut client(&service), header(&format!("B{number}"), 1, "275"), pieces).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "MALFORMED_FILE"));
        assert_eq!(refused.message(), format!("{expected}; nothing was stored"));
    }
    assert!(airings(&service).await.is_empty());
}

#[tokio::test]
async fn the_header_comes_first_and_only_first() {
    let service = Service::start().await;
    let mut client = client(&service);
    let messages = vec![pb::ImportAiringsRequest { part: Some(Part::Airing(spot(1))) }];
    let refused = client.import_airings(tokio_stream::iter(messages)).await.unwrap_err();
    assert_eq!(refused.message(), "header: must be the first message of the stream");
    let again = vec![Part::Airing(spot(1)), Part::Header(header("B1", 1, "275"))];
    let refused = send(&mut client, header("B1", 1, "275"), again).await.unwrap_err();
    assert_eq!(refused.message(), "header: must come first and only first");
    let mixed = vec![Part::Airing(spot(1)), Part::Csv(b"x".to_vec().into())];
    let refused = send(&mut client, header("B1", 1, "275"), mixed).await.unwrap_err();
    assert_eq!(refused.message(), "csv: does not go into one stream with airing");
    let wrong =
        pb::AiringBatchHeader { source: "a b".into(), control_totals: None, ..header("B1", 1, "275") };
    let refused = send(&mut client, wrong, vec![]).await.unwrap_err();
    assert_eq!(
        refused.message(),
        "header.source: must be 1 to 64 of a–z A–Z 0–9 . _ -; header.control_totals: must be given"
    );
}

#[tokio::test]
async fn rows_of_orders_outside_a_grant_find_no_order() {
    let service = Service::start().await;
    sold(&service).await;
    let grant = |territory: &str| {
        let (entities, territories, accounts) = (vec![], vec![territory.to_owned()], vec![]);
        vec![Grant { role: Role::OrderManagement, entities, territories, accounts }]
    };
    let mut west = DeliveryServiceClient::new(service.limited_door("west", grant("WEST")));
    let landed = send(&mut west, header("B1", 1, "275"), vec![Part::Airing(spot(1))]).await.unwrap();
    assert_eq!(counts(&landed), (0, 0, 1));
    assert_eq!(quarantine(&mut west).await[0].reason, "UNKNOWN_ORDER", "its sender sees it");
    let mut east = DeliveryServiceClient::new(service.limited_door("east", grant("EAST")));
    assert!(quarantine(&mut east).await.is_empty());
    let missing =
        east.get_delivery_batch(pb::GetDeliveryBatchRequest { name: landed.name }).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    let mut far = spot(2);
    far.date = Some(day("2026-02-01"));
    import(&service, header("B2", 1, "275"), &[far]).await.unwrap();
    assert_eq!(quarantine(&mut east).await[0].reason, "OUT_OF_FLIGHT", "who sees the order sees its rows");
    assert_eq!(quarantine(&mut west).await.len(), 1);
}

#[tokio::test]
async fn the_same_batch_from_many_at_once_lands_once() {
    let service = Service::start().await;
    sold(&service).await;
    let rows: Vec<_> = (1..=50).map(spot).collect();
    let sent = (0..4).map(|_| import(&service, header("B1", 50, "13750"), &rows));
    let landed: Vec<_> = futures::future::join_all(sent).await.into_iter().map(Result::unwrap).collect();
    assert!(landed.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(counts(&landed[0]), (50, 0, 0));
    assert_eq!(airings(&service).await.len(), 50);
}

#[tokio::test]
async fn many_rows_land_in_seconds() {
    let service = Service::start().await;
    sold(&service).await;
    let rows = 20_000;
    let lines = (1..=rows).map(|row| format!("IO-1001,L3,{row},2026-01-27,18:23,1.00,AIRED,S{row}\n"));
    let file: String = std::iter::once("order_no,line,row,date,time,spot_rate,status,spot\n".to_owned())
        .chain(lines)
        .collect();
    let pieces =
        || file.as_bytes().chunks(65_536).map(|piece| Part::Csv(piece.to_vec().into())).collect::<Vec<_>>();
    let mut client = client(&service);
    let landed = send(&mut client, header("B1", rows, "20000"), pieces()).await.unwrap();
    assert_eq!(counts(&landed), (rows, 0, 0));
    let again = send(&mut client, header("B2", rows, "20000"), pieces()).await.unwrap();
    assert_eq!(counts(&again), (0, rows, 0));
}

#[tokio::test]
async fn a_spot_is_known_once_however_its_batches_cross() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let at = |text: &str| service.clock.set(text.parse::<Timestamp>().unwrap());
    let priced = |rate: &str| pb::Airing { rate: rate.into(), ..spot(1) };
    import(&service, header("B1", 1, "275"), &[priced("275")]).await.unwrap();
    at("2026-04-02T12:01:00Z");
    let slow = UnderWay::begin(&service, header("B2", 1, "300"), 1).await;
    at("2026-04-02T12:03:00Z");
    import(&service, header("B3", 1, "280"), &[priced("280")]).await.unwrap();
    at("2026-04-02T12:04:00Z");
    slow.end(vec![priced("300")]).await.unwrap();
    assert_eq!(airings(&service).await[0].rate, "300", "what lands last is what is known");

    at("2026-04-02T12:02:00Z");
    review(&service, &sold, "2026-01", "january").await;
    let drafts = list(&service, all()).await;
    assert_eq!(drafts[0].spots, 1);
    assert_eq!(
        drafts[0].gross.as_ref().unwrap().amount,
        "3608.34",
        "the fee and 275.00, which landed by then"
    );
}

#[tokio::test]
async fn batches_that_stall_leave_room_for_all_other_calls() {
    let service = Service::start().await;
    sold(&service).await;
    let mut stalled = Vec::new();
    for nth in 1..=4 {
        stalled.push(UnderWay::begin(&service, header(&format!("B{nth}"), 1, "275"), nth).await);
    }
    let refused = import(&service, header("B5", 1, "275"), &[spot(5)]).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "TOO_MANY_IMPORTS"));
    assert!(airings(&service).await.is_empty(), "other calls are answered");
    stalled.remove(0).end(vec![spot(1)]).await.unwrap();
    import(&service, header("B5", 1, "275"), &[spot(5)]).await.unwrap();
}
