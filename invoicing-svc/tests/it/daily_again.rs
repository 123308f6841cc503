//! Daily delivery looked at again: what was said, what changed, what waited, what the source has, and Parquet files.

use std::sync::Arc;

use billing_proto::billing::invoicing::v1::{
    self as pb, import_delivery_request::Part, reconcile_delivery_request as reconcile,
};
use parquet::{
    data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use tonic::{Code, Status};

use crate::{
    daily::{client, fact, header, import, send},
    explanation::{of as of_account, why},
    order::{days, order, reference_data, sync},
    service::{Service, reason},
};

async fn sold(service: &Service) -> (crate::order::Sold, String) {
    let sold = reference_data(service).await;
    sync(service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    let list = pb::ListOrdersRequest { parent: "accounts/-".into(), ..pb::ListOrdersRequest::default() };
    let orders = crate::order::client(service).list_orders(list).await.unwrap().into_inner().orders;
    (sold, orders[0].name.clone())
}

async fn facts(service: &Service, parent: &str, history: bool) -> Vec<(String, i64, String, bool)> {
    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let parent = parent.to_owned();
        let list =
            pb::ListDeliveryFactsRequest { parent, page_size: 2, page_token, line: "L2".into(), history };
        let page = client(service).list_delivery_facts(list).await.unwrap().into_inner();
        found.extend(page.facts.into_iter().map(|version| {
            let fact = version.fact.unwrap();
            let day = fact.date.unwrap().day;
            (format!("{day}"), fact.impressions.unwrap(), version.source, version.holds)
        }));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

#[tokio::test]
async fn every_version_of_a_day_stays_readable_and_a_batch_says_what_it_changed() {
    let service = Service::start().await;
    let (_, parent) = sold(&service).await;
    let first = [fact("L2", "2026-01-01", 100), fact("L2", "2026-01-02", 200), fact("L3", "2026-01-02", 7)];
    import(&service, header("B1", 3, 307), &first).await.unwrap();
    let replace = pb::DailyBatchHeader {
        mode: pb::BatchMode::Replace.into(),
        days: days("2026-01-01", "2026-01-31"),
        lines: vec![pb::DeliveredLine { order: "IO-1001".into(), line: "L2".into() }],
        ..header("B2", 2, 140)
    };
    let said = [fact("L2", "2026-01-01", 90), fact("L2", "2026-01-03", 50)];
    let landed = import(&service, replace, &said).await.unwrap();
    let source = || "adserver".to_owned();
    let held =
        [("1".into(), 90, source(), true), ("2".into(), 0, source(), true), ("3".into(), 50, source(), true)];
    assert_eq!(facts(&service, &parent, false).await, held);
    let all = [
        ("1".into(), 90, source(), true),
        ("1".into(), 100, source(), false),
        ("2".into(), 0, source(), true),
        ("2".into(), 200, source(), false),
        ("3".into(), 50, source(), true),
    ];
    assert_eq!(facts(&service, &parent, true).await, all);
    let list =
        pb::ListDeliveryChangesRequest { parent: landed.name, ..pb::ListDeliveryChangesRequest::default() };
    let changes = client(&service).list_delivery_changes(list).await.unwrap().into_inner().changes;
    let count = |fact: Option<pb::DeliveryFact>| fact.map(|fact| fact.impressions.unwrap());
    let changes: Vec<_> =
        changes.into_iter().map(|each| (count(each.before), count(each.after), each.zeroed)).collect();
    assert_eq!(changes, [(Some(100), Some(90), false), (Some(200), Some(0), true), (None, Some(50), false)]);
}

async fn release(service: &Service, batch: &str, request_id: &str) -> Result<pb::DeliveryBatch, Status> {
    let (name, request_id) = (batch.to_owned(), request_id.to_owned());
    let request = pb::ReleaseQuarantineRequest { name, rows: vec![], request_id };
    client(service).release_quarantine(request).await.map(tonic::Response::into_inner)
}

async fn waiting(service: &Service, batch: &str) -> Vec<(i64, String)> {
    let list = pb::ListQuarantineRequest { batch: batch.into(), ..pb::ListQuarantineRequest::default() };
    let rows = client(service).list_quarantine(list).await.unwrap().into_inner().rows;
    rows.into_iter().map(|row| (row.row, row.reason)).collect()
}

#[tokio::test]
async fn quarantined_rows_are_released_once_what_was_wrong_is_mended() {
    let service = Service::start().await;
    let (sold, _) = sold(&service).await;
    let of =
        |order: &str, line: &str, day: &str| pb::DeliveryFact { order: order.into(), ..fact(line, day, 100) };
    let rows = [
        of("IO-1002", "L2", "2026-01-01"),
        of("IO-1002", "L2", "2026-01-02"),
        of("IO-1002", "L9", "2026-01-03"),
        of("IO-1001", "L2", "2026-01-04"),
    ];
    let landed = import(&service, header("B1", 4, 400), &rows).await.unwrap();
    assert_eq!(landed.rows_quarantined, 3);
    let nothing = release(&service, &landed.name, "r1").await.unwrap();
    assert_eq!(nothing, landed, "nothing can be used yet");

    sync(&service, vec![order(&sold, "IO-1002")], "later").await.unwrap();
    import(&service, header("B2", 1, 100), &[pb::DeliveryFact { impressions: Some(100), ..rows[1].clone() }])
        .await
        .unwrap();
    let released = release(&service, &landed.name, "r2").await.unwrap();
    assert_eq!(
        (
            released.batch_id.as_str(),
            released.released_from.as_str(),
            released.rows_loaded,
            released.rows_quarantined
        ),
        ("B1/release-1", landed.name.as_str(), 1, 0)
    );
    assert_eq!(release(&service, &landed.name, "r2").await.unwrap(), released, "asked again");
    let stay = [(2, "SAID_SINCE".to_owned()), (3, "UNKNOWN_LINE".to_owned())];
    assert_eq!(waiting(&service, &landed.name).await, stay);
    let told = why(&service, of_account(&sold.account)).await.reasons;
    let waits = told.iter().filter(|told| told.class() == pb::UnbilledClass::Quarantined);
    let waits: Vec<_> = waits.map(|told| told.reason.as_str()).collect();
    assert_eq!(waits, ["UNKNOWN_LINE"], "what was said since waits for nothing");
    assert_eq!(release(&service, &landed.name, "r3").await.unwrap(), landed, "the rest waits on");

    let file = "order_no,line,date,clicks\nIO-1003,L2,2026-01-01,5\n";
    let header = pb::DailyBatchHeader {
        control_totals: Some(pb::DeliveryControlTotals { rows: 1, ..pb::DeliveryControlTotals::default() }),
        ..header("B3", 1, 0)
    };
    let landed = send(&service, header, vec![Part::Csv(file.as_bytes().to_vec())]).await.unwrap();
    sync(&service, vec![order(&sold, "IO-1003")], "last").await.unwrap();
    assert_eq!(release(&service, &landed.name, "r4").await.unwrap().rows_loaded, 1, "a record of a file too");
}

#[tokio::test]
async fn a_source_learns_what_is_equal_stale_and_missing_on_either_side() {
    let service = Service::start().await;
    sold(&service).await;
    import(&service, header("B1", 2, 300), &[fact("L2", "2026-01-01", 100), fact("L2", "2026-02-01", 200)])
        .await
        .unwrap();
    import(&service, header("B2", 1, 50), &[fact("L3", "2026-01-05", 50)]).await.unwrap();
    let head = || {
        reconcile::Part::Header(pb::ReconcileDeliveryHeader {
            source: "adserver".into(),
            order_source_system: "io".into(),
            measure: pb::DeliveryMeasure::Impressions.into(),
        })
    };
    let ask = async |parts: Vec<reconcile::Part>| {
        let parts = std::iter::once(head()).chain(parts);
        let messages: Vec<_> = parts.map(|part| pb::ReconcileDeliveryRequest { part: Some(part) }).collect();
        let answer =
            client(&service).reconcile_delivery(tokio_stream::iter(messages)).await.unwrap().into_inner();
        let told: Vec<_> = answer
            .differences
            .into_iter()
            .map(|each| {
                let what = each.line.clone().map_or(each.batch_id.clone(), |line| line.line);
                format!(
                    "{} {what}: {:?} / {:?}",
                    each.kind().as_str_name().replace("DELIVERY_DIFFERENCE_KIND_", ""),
                    each.sent,
                    each.known
                )
            })
            .collect();
        (answer.equal, told)
    };
    let batch = |id: &str, rows, amount: &str| {
        reconcile::Part::Batch(pb::SentBatch { batch_id: id.into(), rows, amount: amount.into() })
    };
    let (equal, told) = ask(vec![batch("B1", 2, "300.0"), batch("B9", 1, "5")]).await;
    assert_eq!(equal, 1);
    assert_eq!(told, [r#"MISSING_HERE B9: "1 rows, 5" / """#, r#"MISSING_THERE B2: "" / "1 rows, 50""#]);
    let line = |line: &str, first: &str, last: &str, amount: &str| {
        let (order, line, amount) = ("IO-1001".into(), line.into(), amount.into());
        reconcile::Part::Line(pb::SentLine { order, line, days: days(first, last), amount })
    };
    let (equal, told) = ask(vec![
        line("L2", "2026-01-01", "2026-01-31", "100"),
        line("L2", "2026-02-01", "2026-02-28", "250"),
        line("L9", "2026-01-01", "2026-01-31", "1"),
    ])
    .await;
    assert_eq!(equal, 1);
    assert_eq!(
        told,
        [r#"STALE L2: "250" / "200""#, r#"MISSING_HERE L9: "1" / """#, r#"MISSING_THERE L3: "" / "50""#]
    );
}

/// A file of three facts with this type of its column `impressions`.
fn file(impressions: &str) -> Vec<u8> {
    let schema = format!(
        "message facts {{ required binary order_no (UTF8); required binary line (UTF8); required int32 date (DATE); {impressions} }}"
    );
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut bytes, schema, Arc::new(WriterProperties::builder().build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let text = |text: &str| vec![ByteArray::from(text); 3];
    for values in [text("IO-1001"), text("L2")] {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
    }
    let mut column = group.next_column().unwrap().unwrap();
    // 1 to 3 January 2026 are 20,454 days and more after 1 January 1970.
    column.typed::<Int32Type>().write_batch(&[20_454, 20_455, 20_456], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    if impressions.contains("int64") {
        // The second is null.
        column.typed::<Int64Type>().write_batch(&[100, 300], Some(&[1, 0, 1]), None).unwrap();
    } else {
        column.typed::<ByteArrayType>().write_batch(&text("100"), None, None).unwrap();
    }
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

/// The file, which says in its footer that its column `impressions` is compressed as the codec of this number does.
fn compressed(mut file: Vec<u8>, codec: u8) -> Vec<u8> {
    // The path of the column, then the codec and the number of its values as fields of Thrift, whose numbers go by twos.
    let footer = b"impressions\x15\x00\x16";
    let at = file.windows(footer.len()).position(|bytes| bytes == footer).unwrap();
    file[at + footer.len() - 2] = codec * 2;
    file
}

#[tokio::test]
async fn a_parquet_file_is_read_by_its_columns_and_their_types() {
    let service = Service::start().await;
    let (_, parent) = sold(&service).await;
    let pieces =
        |bytes: &[u8]| bytes.chunks(100).map(|piece| Part::Parquet(piece.to_vec())).collect::<Vec<_>>();
    let landed =
        send(&service, header("B1", 3, 400), pieces(&file("optional int64 impressions;"))).await.unwrap();
    assert_eq!((landed.rows_loaded, landed.rows_quarantined), (2, 1));
    assert_eq!(waiting(&service, &landed.name).await, [(2, "NOTHING_COUNTED".to_owned())]);
    let known: Vec<_> =
        facts(&service, &parent, false).await.into_iter().map(|(day, count, ..)| (day, count)).collect();
    assert_eq!(known, [("1".to_owned(), 100), ("3".to_owned(), 300)]);
    let unsigned = pieces(&file("optional int64 impressions (UINT_64);"));
    assert_eq!(send(&service, header("U1", 3, 400), unsigned).await.unwrap().rows_unchanged, 2);
    let elsewhere = pb::DailyBatchHeader { order_source_system: "other".into(), ..header("O1", 3, 400) };
    let landed = send(&service, elsewhere, pieces(&file("optional int64 impressions;"))).await.unwrap();
    let list = pb::ListQuarantineRequest { batch: landed.name, ..pb::ListQuarantineRequest::default() };
    let kept = client(&service).list_quarantine(list).await.unwrap().into_inner().rows;
    assert_eq!(kept[0].column, "order_no", "as the file calls it");
    let whole = file("optional int64 impressions;");
    let wrong = [
        (
            file("required binary impressions (UTF8);"),
            "has the column impressions as BYTE_ARRAY (UTF8); it has to be INT64 or INT32",
        ),
        (
            file("required binary order (UTF8);"),
            "has the unknown column \"order\"; its columns are order_no, line, date and at least one of gross_impressions",
        ),
        (
            compressed(whole.clone(), 2),
            "has the column impressions compressed with GZIP; write it with SNAPPY or uncompressed",
        ),
        (compressed(whole.clone(), 6), "has the column impressions compressed with ZSTD"),
        (b"impressions of January".to_vec(), "is none: it does not begin with PAR1; send it as csv"),
        (whole[..whole.len() - 1].to_vec(), "is not whole: it does not end with PAR1; send all of it"),
        (b"PAR1 and nothing that follows from it PAR1".to_vec(), "cannot be read: "),
    ];
    for (bytes, expected) in wrong {
        let refused = send(&service, header("B2", 3, 400), pieces(&bytes)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "MALFORMED_PARQUET"));
        assert!(
            refused.message().starts_with(&format!("the Parquet file {expected}")),
            "{}",
            refused.message()
        );
    }
}
