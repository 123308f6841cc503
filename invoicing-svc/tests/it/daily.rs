//! Daily delivery as ad servers send it.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, delivery_service_client::DeliveryServiceClient, import_delivery_request::Part,
    },
};
use tonic::{Code, Status};

use crate::{
    order::{Sold, day, days, order, reference_data, sync},
    service::{Door, Service, reason},
};

pub fn client(service: &Service) -> DeliveryServiceClient<Door> {
    DeliveryServiceClient::new(service.door("order_management_1", Role::OrderManagement))
}

async fn sold(service: &Service) -> Sold {
    let sold = reference_data(service).await;
    sync(service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    sold
}

pub fn header(batch_id: &str, rows: i64, impressions: i64) -> pb::DailyBatchHeader {
    pb::DailyBatchHeader {
        source: "adserver".into(),
        batch_id: batch_id.into(),
        order_source_system: "io".into(),
        time_zone: "America/New_York".into(),
        control_totals: Some(pb::DeliveryControlTotals {
            rows,
            amount: impressions.to_string(),
            measure: pb::DeliveryMeasure::Impressions.into(),
        }),
        ..pb::DailyBatchHeader::default()
    }
}

/// Line L2 runs January to March, L3 in January.
pub fn fact(line: &str, date: &str, impressions: i64) -> pb::DeliveryFact {
    pb::DeliveryFact {
        order: "IO-1001".into(),
        line: line.into(),
        date: Some(day(date)),
        impressions: Some(impressions),
        ..pb::DeliveryFact::default()
    }
}

pub async fn send(
    service: &Service,
    header: pb::DailyBatchHeader,
    parts: Vec<Part>,
) -> Result<pb::DeliveryBatch, Status> {
    let parts = std::iter::once(Part::Header(header)).chain(parts);
    let messages: Vec<_> = parts.map(|part| pb::ImportDeliveryRequest { part: Some(part) }).collect();
    client(service).import_delivery(tokio_stream::iter(messages)).await.map(tonic::Response::into_inner)
}

/// Sends facts, two in a message.
pub async fn import(
    service: &Service,
    header: pb::DailyBatchHeader,
    facts: &[pb::DeliveryFact],
) -> Result<pb::DeliveryBatch, Status> {
    let message = |facts: &[pb::DeliveryFact]| Part::Facts(pb::DeliveryFacts { facts: facts.to_vec() });
    send(service, header, facts.chunks(2).map(message).collect()).await
}

fn counts(batch: &pb::DeliveryBatch) -> (i64, i64, i64, i64) {
    (batch.rows_loaded, batch.rows_unchanged, batch.rows_quarantined, batch.rows_zeroed)
}

/// The running totals: line, first and last day of the cell, impressions, days, latest day.
async fn totals(service: &Service) -> Vec<(String, String, String, i64, i64, String)> {
    sqlx::query_as(
        "select l.number, t.first_day::text, t.last_day::text, t.impressions, t.days, t.latest_day::text
           from delivery_total t join order_line l using (account_id, line_id) order by 1, 2",
    )
    .fetch_all(&mut service.connection().await)
    .await
    .unwrap()
}

fn total(
    line: &str,
    (month, last): (&str, u8),
    impressions: i64,
    (days, latest): (i64, u8),
) -> (String, String, String, i64, i64, String) {
    let day = |day: u8| format!("2026-{month}-{day:02}");
    (line.into(), day(1), day(last), impressions, days, day(latest))
}

#[tokio::test]
async fn a_batch_lands_whole_or_not_at_all_and_once() {
    let service = Service::start().await;
    sold(&service).await;
    let facts = [
        fact("L2", "2026-01-30", 1_000),
        fact("L2", "2026-01-31", 0),
        fact("L2", "2026-02-01", 300),
        fact("L3", "2026-01-05", 7),
    ];
    let refused = import(&service, header("B1", 4, 1_370), &facts).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "CONTROL_TOTALS"));
    assert!(
        refused.message().contains("amount 1370 said, 1307 counted, difference 63"),
        "{}",
        refused.message()
    );
    assert_eq!(totals(&service).await, []);

    let landed = import(&service, header("B1", 4, 1_307), &facts).await.unwrap();
    assert_eq!(counts(&landed), (4, 0, 0, 0));
    assert_eq!(landed.kind(), pb::DeliveryKind::Daily);
    let known = [
        total("L2", ("01", 31), 1_000, (1, 31)),
        total("L2", ("02", 28), 300, (1, 1)),
        total("L3", ("01", 31), 7, (1, 5)),
    ];
    assert_eq!(totals(&service).await, known);

    assert_eq!(import(&service, header("B1", 4, 1_307), &facts).await.unwrap(), landed, "sent again");
    let refused = import(&service, header("B1", 3, 307), &facts[1..]).await.unwrap_err();
    assert_eq!(reason(&refused), "BATCH_CONTENT_DIFFERS");
    assert_eq!(totals(&service).await, known);
}

#[tokio::test]
async fn of_the_values_of_a_day_the_last_one_holds() {
    let service = Service::start().await;
    sold(&service).await;
    import(&service, header("B1", 2, 300), &[fact("L2", "2026-01-01", 100), fact("L2", "2026-01-03", 200)])
        .await
        .unwrap();
    let next_days = import(&service, header("B2", 1, 50), &[fact("L2", "2026-01-04", 50)]).await.unwrap();
    assert_eq!(counts(&next_days), (1, 0, 0, 0));
    assert_eq!(totals(&service).await, [total("L2", ("01", 31), 350, (3, 4))]);
    // The first is restated, the second came late, the third says what was known.
    let facts = [fact("L2", "2026-01-01", 90), fact("L2", "2026-01-02", 5), fact("L2", "2026-01-04", 50)];
    let restated = import(&service, header("B3", 3, 145), &facts).await.unwrap();
    assert_eq!(counts(&restated), (2, 1, 0, 0));
    assert_eq!(totals(&service).await, [total("L2", ("01", 31), 345, (4, 4))]);
    let kept: Vec<(i64, i64)> = sqlx::query_as(
        "select dense_rank() over (order by landing), impressions from delivery_fact where day = '2026-01-01' order by 1",
    )
    .fetch_all(&mut service.connection().await)
    .await
    .unwrap();
    assert_eq!(kept, [(1, 100), (2, 90)], "what was said before stays readable");
}

#[tokio::test]
async fn what_a_replacing_batch_does_not_say_is_zero() {
    let service = Service::start().await;
    sold(&service).await;
    let before = [
        fact("L2", "2026-01-01", 100),
        fact("L2", "2026-01-02", 200),
        fact("L2", "2026-01-10", 400),
        fact("L3", "2026-01-02", 800),
    ];
    import(&service, header("B1", 4, 1_500), &before).await.unwrap();
    let replace = |batch: &str, rows, impressions, lines: &[&str]| pb::DailyBatchHeader {
        mode: pb::BatchMode::Replace.into(),
        days: days("2026-01-01", "2026-01-05"),
        lines: lines
            .iter()
            .map(|line| pb::DeliveredLine { order: "IO-1001".into(), line: (*line).into() })
            .collect(),
        ..header(batch, rows, impressions)
    };
    let refused = import(&service, replace("B2", 1, 150, &["L9"]), &before[..1]).await.unwrap_err();
    assert_eq!(refused.message(), "header.lines[0]: is not known; sync its order first");
    let facts = [fact("L2", "2026-01-01", 150), fact("L2", "2026-01-10", 1)];
    let landed = import(&service, replace("B2", 2, 151, &["L2"]), &facts).await.unwrap();
    assert_eq!(counts(&landed), (1, 0, 1, 1), "2 January is zero, and 10 January is not in question");
    assert_eq!(landed.days, days("2026-01-01", "2026-01-05"));
    assert_eq!(
        totals(&service).await,
        [total("L2", ("01", 31), 550, (2, 10)), total("L3", ("01", 31), 800, (1, 2))]
    );
    let landed = import(&service, replace("B3", 0, 0, &[]), &[]).await.unwrap();
    assert_eq!(counts(&landed), (0, 0, 0, 2), "all lines that the source has said something of");
    assert_eq!(
        totals(&service).await,
        [total("L2", ("01", 31), 400, (1, 10)), total("L3", ("01", 31), 0, (0, 2))]
    );
    let wrong = pb::DailyBatchHeader { mode: 0, ..replace("B4", 0, 0, &[]) };
    let refused = import(&service, wrong, &[]).await.unwrap_err();
    assert_eq!(refused.message(), "header.mode: must be REPLACE where days and lines are given");
}

#[tokio::test]
async fn a_day_that_is_said_twice_is_refused_or_added_up() {
    let service = Service::start().await;
    sold(&service).await;
    let clicks = pb::DeliveryFact { clicks: Some(1), spend: "0.50".into(), ..fact("L2", "2026-01-01", 10) };
    let facts = [fact("L2", "2026-01-01", 5), fact("L2", "2026-01-02", 0), clicks];
    let refused = import(&service, header("B1", 3, 15), &facts).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "DUPLICATE_FACTS"));
    assert!(refused.message().contains("row 3;"), "{}", refused.message());
    let summed = |batch| pb::DailyBatchHeader {
        source: "logs".into(),
        duplicates: pb::DuplicateFacts::Sum.into(),
        ..header(batch, 3, 15)
    };
    let landed = import(&service, summed("B1"), &facts).await.unwrap();
    assert_eq!(counts(&landed), (3, 0, 0, 0));
    assert_eq!(totals(&service).await, [total("L2", ("01", 31), 15, (1, 2))]);
    let sums: (i64, Option<i64>, Option<i64>, String) = sqlx::query_as(
        "select impressions, clicks, views, spend::text from delivery_fact where day = '2026-01-01'",
    )
    .fetch_one(&mut service.connection().await)
    .await
    .unwrap();
    assert_eq!(sums, (15, Some(1), None, "0.5".into()));
    let other = pb::DailyBatchHeader { time_zone: "Europe/Berlin".into(), ..summed("B2") };
    assert_eq!(reason(&import(&service, other, &facts).await.unwrap_err()), "SOURCE_DIFFERS");
    let unnamed =
        pb::DailyBatchHeader { source: "new".into(), time_zone: String::new(), ..header("B1", 3, 15) };
    let refused = import(&service, unnamed, &facts).await.unwrap_err();
    assert_eq!(refused.message(), "header.time_zone: must be given with the first batch of a source");
}

#[tokio::test]
async fn rows_that_cannot_be_used_are_kept_with_their_place() {
    let service = Service::start().await;
    sold(&service).await;
    let change = |change: fn(&mut pb::DeliveryFact)| {
        let mut row = fact("L2", "2026-01-20", 100);
        change(&mut row);
        row
    };
    let rows = [
        change(|_| ()),
        change(|row| row.order = "IO-9".into()),
        change(|row| row.line = "L9".into()),
        change(|row| row.date = Some(day("2026-04-03"))),
        change(|row| row.date = Some(day("2026-04-01"))),
        change(|row| row.date = Some(day("2026-02-30"))),
        change(|row| row.impressions = None),
        change(|row| row.impressions = Some(-100)),
        change(|row| row.clicks = Some(101)),
        change(|row| row.viewable_impressions = Some(101)),
        change(|row| (row.views, row.completed_views) = (Some(1), Some(2))),
        change(|row| (row.gross_impressions, row.general_invalid) = (Some(100), Some(1))),
        change(|row| row.spend = "-0.01".into()),
        change(|row| row.hours = "two".into()),
        change(|row| row.actions = Some(1_000_000_000_001)),
    ];
    let landed = import(&service, header("B1", 15, 1_200), &rows).await.unwrap();
    assert_eq!(counts(&landed), (1, 0, 14, 0));
    let list = pb::ListQuarantineRequest { batch: landed.name, ..pb::ListQuarantineRequest::default() };
    let kept = client(&service).list_quarantine(list).await.unwrap().into_inner().rows;
    let places: Vec<_> = kept.iter().map(|row| (row.row, row.column.as_str(), row.reason.as_str())).collect();
    let expected = [
        (2, "order", "UNKNOWN_ORDER"),
        (3, "line", "UNKNOWN_LINE"),
        (4, "date", "FUTURE_DAY"),
        (5, "date", "OUT_OF_FLIGHT"),
        (6, "date", "MALFORMED_ROW"),
        (7, "", "NOTHING_COUNTED"),
        (8, "impressions", "NEGATIVE_COUNT"),
        (9, "clicks", "CLICKS_ABOVE_IMPRESSIONS"),
        (10, "viewable_impressions", "VIEWABLE_ABOVE_IMPRESSIONS"),
        (11, "completed_views", "COMPLETED_ABOVE_VIEWS"),
        (12, "gross_impressions", "PARTS_ABOVE_GROSS"),
        (13, "spend", "NEGATIVE_COUNT"),
        (14, "hours", "MALFORMED_ROW"),
        (15, "actions", "MALFORMED_ROW"),
    ];
    assert_eq!(places, expected);
    assert!(kept[1].content.contains(r#""line":"L9""#), "{}", kept[1].content);
    assert_eq!(totals(&service).await, [total("L2", ("01", 31), 100, (1, 20))]);
}

const FILE: &str = "\u{feff}order_no,line,date,impressions,clicks,spend\r
IO-1001,L2,2026-01-14,1000,3,0.125\r
IO-1001,L2,2026-02-14,\"500\",,\r
IO-1001,L2,2026-02-15,many,,\r
IO-1001,L2,2026-02-16";

#[tokio::test]
async fn a_file_is_read_in_whatever_pieces_it_comes() {
    let service = Service::start().await;
    sold(&service).await;
    let pieces =
        |size| FILE.as_bytes().chunks(size).map(|piece| Part::Csv(piece.to_vec())).collect::<Vec<_>>();
    let landed = send(&service, header("B1", 4, 1_500), pieces(7)).await.unwrap();
    assert_eq!(counts(&landed), (2, 0, 2, 0));
    let list =
        pb::ListQuarantineRequest { batch: landed.name.clone(), ..pb::ListQuarantineRequest::default() };
    let kept = client(&service).list_quarantine(list).await.unwrap().into_inner().rows;
    let kept: Vec<_> = kept.iter().map(|row| (row.column.as_str(), row.message.as_str())).collect();
    let expected = [
        ("impressions", "impressions: is not a whole number; mend the row and send it in a new batch"),
        (
            "",
            "line 5 of the file has 3 fields where its first line names 6: order_no, line, date, impressions, clicks, spend; \
             a value with a comma goes between quotes; mend the row and send it in a new batch",
        ),
    ];
    assert_eq!(kept, expected);
    assert_eq!(send(&service, header("B1", 4, 1_500), pieces(1_000_000)).await.unwrap(), landed);
    assert_eq!(
        totals(&service).await,
        [total("L2", ("01", 31), 1_000, (1, 14)), total("L2", ("02", 28), 500, (1, 14))]
    );
    let files = [
        ("order_no,line,date\n", "line 1 of the file has to name a measure: gross_impressions"),
        (
            "",
            "line 1 of the file has to name the columns: order_no, line, date and at least one of gross_impr",
        ),
        (
            "order,line,date,impressions\n",
            "line 1 of the file names the unknown column \"order\"; take it out, or write one of order_no, line, date, gross",
        ),
        ("order_no,date,clicks\n", "line 1 of the file has to name the columns; line is missing"),
    ];
    for (file, expected) in files {
        let refused =
            send(&service, header("B2", 0, 0), vec![Part::Csv(file.as_bytes().to_vec())]).await.unwrap_err();
        assert_eq!(reason(&refused), "MALFORMED_FILE");
        assert!(refused.message().starts_with(expected), "{}", refused.message());
    }
    let long = vec![b'x'; 50_000_000];
    let pieces = std::iter::once(&b"order_no,line,date,clicks\n"[..]).chain(long.chunks(1 << 20));
    let pieces = pieces.map(|piece| Part::Csv(piece.to_vec())).collect();
    let refused = send(&service, header("B3", 1, 0), pieces).await.unwrap_err();
    assert_eq!(refused.message(), "line 2 of the file is longer than 1 MiB; nothing was stored");
}
