//! What a batch leaves open of a day stays as it was; what waits in the quarantine is not replaced.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, delivery_service_client::DeliveryServiceClient, import_delivery_request::Part,
    },
};

use crate::{
    daily::{client, fact, header, import, send},
    explanation::{explain, of, why},
    invoice::{bill, sold},
    metered::io_2006,
    order::{days, order, reference_data, sync},
    service::Service,
    tax::amount,
};

/// A header whose batch has no impressions to be summed.
fn rows(batch_id: &str, rows: i64) -> pb::DailyBatchHeader {
    let totals = pb::DeliveryControlTotals { rows, ..pb::DeliveryControlTotals::default() };
    pb::DailyBatchHeader { control_totals: Some(totals), ..header(batch_id, rows, 0) }
}

async fn csv(service: &Service, header: pb::DailyBatchHeader, file: &str) -> pb::DeliveryBatch {
    send(service, header, vec![Part::Csv(file.as_bytes().to_vec())]).await.unwrap()
}

/// Impressions and clicks of the versions of a day, the first before the others.
async fn versions(service: &Service, day: &str) -> Vec<(Option<i64>, Option<i64>)> {
    sqlx::query_as("select impressions, clicks from delivery_fact where day = $1::date order by landing")
        .bind(day)
        .fetch_all(&mut service.connection().await)
        .await
        .unwrap()
}

/// The running totals of all lines: impressions, clicks, days on which anything was delivered.
async fn totals(service: &Service) -> (i64, i64, i64) {
    sqlx::query_as(
        "select sum(impressions)::bigint, sum(clicks)::bigint, sum(days)::bigint from delivery_total",
    )
    .fetch_one(&mut service.connection().await)
    .await
    .unwrap()
}

async fn waiting(service: &Service, batch: &pb::DeliveryBatch) -> Vec<(i64, String)> {
    let list = pb::ListQuarantineRequest { batch: batch.name.clone(), ..Default::default() };
    let rows = client(service).list_quarantine(list).await.unwrap().into_inner().rows;
    rows.into_iter().map(|row| (row.row, row.reason)).collect()
}

/// By a second person, who may release what was typed in by hand, too.
async fn release(service: &Service, batch: &pb::DeliveryBatch, id: &str) -> pb::DeliveryBatch {
    release_rows(service, batch, &[], id).await
}

/// Those that are named, or all.
async fn release_rows(
    service: &Service,
    batch: &pb::DeliveryBatch,
    rows: &[i64],
    id: &str,
) -> pb::DeliveryBatch {
    let request =
        pb::ReleaseQuarantineRequest { name: batch.name.clone(), rows: rows.to_vec(), request_id: id.into() };
    let mut client = DeliveryServiceClient::new(service.door("second", Role::BillingManager));
    client.release_quarantine(request).await.unwrap().into_inner()
}

async fn with_order(service: &Service) {
    let sold = reference_data(service).await;
    sync(service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
}

/// Labels of batches in a tree.
fn batches(node: &pb::ExplanationNode) -> Vec<String> {
    let own = Some(node.label.clone()).filter(|label| label.starts_with("Batch "));
    own.into_iter().chain(node.parts.iter().chain(&node.grounds).flat_map(batches)).collect()
}

/// 100,000 impressions at 7.50 per thousand are 750.00, with the clicks that come after them.
#[tokio::test]
async fn clicks_that_come_in_a_file_of_their_own_leave_the_impressions_of_the_day() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    io_2006(&service, &sold).await;
    let impressions = pb::DeliveryFact { order: "IO-2006".into(), ..fact("L1", "2026-01-15", 100_000) };
    import(&service, header("B1", 1, 100_000), &[impressions]).await.unwrap();
    let clicks = "order_no,line,date,clicks,views\nIO-2006,L1,2026-01-15,50,\n";
    let landed = csv(&service, rows("B2", 1), clicks).await;
    assert_eq!((landed.rows_loaded, landed.rows_quarantined), (1, 0));
    let both = (Some(100_000), Some(50));
    assert_eq!(versions(&service, "2026-01-15").await, [(Some(100_000), None), both]);
    assert_eq!(totals(&service).await, (100_000, 50, 1));

    let list = pb::ListDeliveryChangesRequest { parent: landed.name, ..Default::default() };
    let changes = client(&service).list_delivery_changes(list).await.unwrap().into_inner().changes;
    let counts = |fact: &Option<pb::DeliveryFact>| fact.as_ref().map(|fact| (fact.impressions, fact.clicks));
    let changes: Vec<_> =
        changes.iter().map(|change| (counts(&change.before), counts(&change.after))).collect();
    assert_eq!(changes, [(Some((Some(100_000), None)), Some(both))]);
    let again = csv(&service, rows("B3", 1), clicks).await;
    assert_eq!((again.rows_loaded, again.rows_unchanged), (0, 1), "what was taken over is no change");

    let january = bill(&service, &sold, "2026-01", "january").await;
    let billed = january.iter().find(|invoice| invoice.order_external_id == "IO-2006").unwrap();
    assert_eq!(amount(&billed.gross), "750.00");
    let tree = explain(&service, &billed.name, 1).await.tree.unwrap();
    let mut told = batches(&tree);
    told.dedup();
    assert_eq!(told, ["Batch B1 of adserver"], "who counted what is billed");
}

/// Of a source whose rows of a day are added up.
fn summed(header: pb::DailyBatchHeader) -> pb::DailyBatchHeader {
    let duplicates = pb::DuplicateFacts::Sum.into();
    pb::DailyBatchHeader { source: "logs".into(), duplicates, ..header }
}

/// 10 and 5 are 15, whenever their order is known.
#[tokio::test]
async fn rows_that_are_added_up_are_so_when_they_are_released() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let facts = [fact("L2", "2026-01-01", 10), fact("L2", "2026-01-01", 5)];
    let landed = import(&service, summed(header("B1", 2, 15)), &facts).await.unwrap();
    assert_eq!(landed.rows_quarantined, 2);
    sync(&service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    let released = release(&service, &landed, "r1").await;
    assert_eq!((released.rows_loaded, waiting(&service, &landed).await), (2, vec![]));
    assert_eq!(versions(&service, "2026-01-01").await, [(Some(15), None)]);
    assert_eq!(totals(&service).await, (15, 0, 1));
}

/// 10 and 5 are 15 with 1 click, however many releases it takes; a day that another batch has said since is that batch's.
#[tokio::test]
async fn what_is_released_in_parts_adds_up_to_its_batch() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let file = "order_no,line,date,impressions,clicks\n\
                IO-1001,L2,2026-01-01,10,\n\
                IO-1001,L2,2026-01-01,,1\n\
                IO-1001,L2,2026-01-01,5,\n\
                IO-1001,L2,2026-01-02,7,\n\
                IO-1001,L2,2026-01-02,8,\n";
    let landed = csv(&service, summed(rows("B1", 5)), file).await;
    assert_eq!(landed.rows_quarantined, 5);
    sync(&service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    for row in 1..=4 {
        let released = release_rows(&service, &landed, &[row], &format!("r{row}")).await;
        assert_eq!(released.rows_loaded, 1, "{row}");
    }
    let day = [(Some(10), None), (Some(10), Some(1)), (Some(15), Some(1))];
    assert_eq!(versions(&service, "2026-01-01").await, day);
    assert_eq!(totals(&service).await, (22, 1, 2));
    import(&service, summed(header("B2", 1, 100)), &[fact("L2", "2026-01-02", 100)]).await.unwrap();
    assert_eq!(release_rows(&service, &landed, &[5], "r5").await, landed);
    assert_eq!(waiting(&service, &landed).await, [(5, "SAID_SINCE".to_owned())]);
    assert_eq!(totals(&service).await, (115, 1, 2));
}

/// 60 and 40 are 100, and 2 January has 7. Of the next file one row cannot be read: 50 and 70 without it would be a day of 120.
#[tokio::test]
async fn a_day_is_not_added_up_without_a_row_that_waits() {
    let service = Service::start().await;
    with_order(&service).await;
    let facts = [fact("L2", "2026-01-01", 60), fact("L2", "2026-01-01", 40)];
    import(&service, summed(header("B1", 2, 100)), &facts).await.unwrap();
    let file = "order_no,line,date,impressions\n\
                IO-1001,L2,2026-01-01,50\n\
                IO-1001,L2,2026-01-01,many\n\
                IO-1001,L2,2026-01-01,70\n\
                IO-1001,L2,2026-01-02,7\n";
    let landed = csv(&service, summed(rows("B2", 4)), file).await;
    assert_eq!((landed.rows_loaded, landed.rows_quarantined), (1, 3));
    assert_eq!(totals(&service).await, (107, 0, 2));
    let reasons = [(1, "DAY_INCOMPLETE"), (2, "MALFORMED_ROW"), (3, "DAY_INCOMPLETE")];
    let reasons = reasons.map(|(row, reason)| (row, reason.to_owned()));
    assert_eq!(waiting(&service, &landed).await, reasons);
    let list = pb::ListQuarantineRequest { batch: landed.name.clone(), ..Default::default() };
    let kept = client(&service).list_quarantine(list).await.unwrap().into_inner().rows;
    assert!(kept[0].message.starts_with("row 2 may be of the same line and day"), "{}", kept[0].message);
    assert!(kept[1].message.ends_with("send all rows of the line and day with it"), "{}", kept[1].message);
    assert_eq!(kept[0].content, "IO-1001,L2,2026-01-01,50");

    assert_eq!(release(&service, &landed, "all").await, landed, "row 2 cannot be read today either");
    assert_eq!(waiting(&service, &landed).await, reasons);
    assert_eq!(totals(&service).await, (107, 0, 2));
    // Whoever names the two says that they are all.
    assert_eq!(release_rows(&service, &landed, &[1, 3], "two").await.rows_loaded, 2);
    assert_eq!(totals(&service).await, (127, 0, 2));
    let all = "order_no,line,date,impressions\nIO-1001,L2,2026-01-01,50\nIO-1001,L2,2026-01-01,60\n\
               IO-1001,L2,2026-01-01,70\n";
    csv(&service, summed(rows("B3", 3)), all).await;
    assert_eq!(totals(&service).await, (187, 0, 2));
}

/// 20,000 rows are released at a time. The last of 20,001 cannot be read: 50 without it would be a day of 50.
#[tokio::test]
async fn a_day_is_not_released_without_a_row_that_comes_later() {
    let service = Service::start().await;
    with_order(&service).await;
    let others = "IO-UNKNOWN,L2,2026-01-01,1\n".repeat(19_999);
    let file = format!(
        "order_no,line,date,impressions\nIO-1001,L2,2026-01-01,50\n{others}IO-1001,L2,2026-01-01,many\n"
    );
    let landed = csv(&service, summed(rows("B1", 20_001)), &file).await;
    assert_eq!((landed.rows_loaded, landed.rows_quarantined), (0, 20_001));
    assert_eq!(release(&service, &landed, "all").await, landed, "row 20,001 cannot be read today either");
    assert_eq!(waiting(&service, &landed).await[0], (1, "DAY_INCOMPLETE".to_owned()));
    assert_eq!(versions(&service, "2026-01-01").await, []);
    assert_eq!(release_rows(&service, &landed, &[1], "one").await.rows_loaded, 1);
    assert_eq!(versions(&service, "2026-01-01").await, [(Some(50), None)]);
}

/// 10 wait for a row with 6 in view of 5; whoever says that they are all releases them as they came.
#[tokio::test]
async fn a_message_that_waits_with_its_day_is_read_again() {
    let service = Service::start().await;
    with_order(&service).await;
    let ten = pb::DeliveryFact { clicks: Some(1), spend: "0.50".into(), ..fact("L2", "2026-01-01", 10) };
    let wrong = pb::DeliveryFact { viewable_impressions: Some(6), ..fact("L2", "2026-01-01", 5) };
    let landed = import(&service, summed(header("B1", 2, 15)), &[ten, wrong]).await.unwrap();
    let reasons = [(1, "DAY_INCOMPLETE"), (2, "VIEWABLE_ABOVE_IMPRESSIONS")];
    assert_eq!(waiting(&service, &landed).await, reasons.map(|(row, reason)| (row, reason.to_owned())));
    assert_eq!(versions(&service, "2026-01-01").await, []);
    assert_eq!(release_rows(&service, &landed, &[1], "r1").await.rows_loaded, 1);
    assert_eq!(versions(&service, "2026-01-01").await, [(Some(10), Some(1))]);
}

/// Of which rows of an account the reasons say that they wait.
async fn told(service: &Service, account: &str) -> Vec<String> {
    let reasons = why(service, of(account)).await.reasons.into_iter();
    let rows = reasons.filter(|told| told.class() == pb::UnbilledClass::Quarantined);
    rows.map(|told| told.reason).collect()
}

/// 10 wait for a row with 6 in view of 5, until another batch says what their day has.
#[tokio::test]
async fn what_was_said_since_is_no_reason_why_money_is_not_billed() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    sync(&service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    let wrong = pb::DeliveryFact { viewable_impressions: Some(6), ..fact("L2", "2026-01-01", 5) };
    let both = [fact("L2", "2026-01-01", 10), wrong];
    let landed = import(&service, summed(header("B1", 2, 15)), &both).await.unwrap();
    assert_eq!(told(&service, &sold.account).await, ["DAY_INCOMPLETE", "VIEWABLE_ABOVE_IMPRESSIONS"]);
    import(&service, summed(header("B2", 1, 100)), &[fact("L2", "2026-01-01", 100)]).await.unwrap();
    release_rows(&service, &landed, &[1], "r1").await;
    let stay = [(1, "SAID_SINCE"), (2, "VIEWABLE_ABOVE_IMPRESSIONS")];
    assert_eq!(waiting(&service, &landed).await, stay.map(|(row, reason)| (row, reason.to_owned())));
    assert_eq!(told(&service, &sold.account).await, ["VIEWABLE_ABOVE_IMPRESSIONS"]);
}

/// 5 impressions waited. The batch that replaces came later and says one click and nothing else of the day, whenever it is released.
#[tokio::test]
async fn what_is_released_from_a_replacing_batch_says_all_of_its_days() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let first = import(&service, header("B1", 1, 5), &[fact("L2", "2026-01-01", 5)]).await.unwrap();
    let replace = pb::DailyBatchHeader {
        mode: pb::BatchMode::Replace.into(),
        days: days("2026-01-01", "2026-01-01"),
        ..rows("B2", 1)
    };
    let second = csv(&service, replace, "order_no,line,date,clicks\nIO-1001,L2,2026-01-01,1\n").await;
    sync(&service, vec![order(&sold, "IO-1001")], "orders").await.unwrap();
    assert_eq!(release(&service, &second, "r2").await.rows_loaded, 1);
    assert_eq!(release(&service, &first, "r1").await, first);
    assert_eq!(waiting(&service, &first).await, [(1, "SAID_SINCE".to_owned())]);
    assert_eq!(versions(&service, "2026-01-01").await, [(None, Some(1))]);
}

#[tokio::test]
async fn what_is_added_up_leaves_open_what_no_row_says() {
    let service = Service::start().await;
    with_order(&service).await;
    let facts = [fact("L2", "2026-01-01", 10), fact("L2", "2026-01-01", 5), fact("L2", "2026-01-02", 7)];
    import(&service, summed(header("B1", 3, 22)), &facts).await.unwrap();
    let clicks = "order_no,line,date,clicks\nIO-1001,L2,2026-01-01,1\nIO-1001,L2,2026-01-01,2\n";
    csv(&service, summed(rows("B2", 2)), clicks).await;
    assert_eq!(versions(&service, "2026-01-01").await, [(Some(15), None), (Some(15), Some(3))]);
    assert_eq!(totals(&service).await, (22, 3, 2));
}

#[tokio::test]
async fn a_replacing_batch_says_every_measure_of_its_days() {
    let service = Service::start().await;
    with_order(&service).await;
    import(&service, header("B1", 1, 10), &[fact("L2", "2026-01-01", 10)]).await.unwrap();
    let replace = pb::DailyBatchHeader {
        mode: pb::BatchMode::Replace.into(),
        days: days("2026-01-01", "2026-01-01"),
        ..rows("B2", 1)
    };
    csv(&service, replace, "order_no,line,date,clicks\nIO-1001,L2,2026-01-01,1\n").await;
    assert_eq!(versions(&service, "2026-01-01").await, [(Some(10), None), (None, Some(1))]);
}

#[tokio::test]
async fn measures_that_come_apart_are_held_against_each_other() {
    let service = Service::start().await;
    with_order(&service).await;
    import(&service, header("B1", 1, 100), &[fact("L2", "2026-01-01", 100)]).await.unwrap();
    let clicks = csv(&service, rows("B2", 1), "order_no,line,date,clicks\nIO-1001,L2,2026-01-01,101\n").await;
    assert_eq!(waiting(&service, &clicks).await, [(1, "CLICKS_ABOVE_IMPRESSIONS".to_owned())]);
    assert_eq!(totals(&service).await, (100, 0, 1));
    import(&service, header("B3", 1, 200), &[fact("L2", "2026-01-01", 200)]).await.unwrap();
    let released = release(&service, &clicks, "r1").await;
    assert_eq!(released.rows_loaded, 1, "the later batch said nothing of clicks");
    assert_eq!(totals(&service).await, (200, 101, 1));
}

/// Of 1,000 impressions 800 were in view. Then they are 700: nothing of the other 300 bills while the source is asked about the rest.
#[tokio::test]
async fn a_lowered_whole_holds_though_a_part_of_it_is_older() {
    let service = Service::start().await;
    with_order(&service).await;
    let both = pb::DeliveryFact { viewable_impressions: Some(800), ..fact("L2", "2026-01-01", 1_000) };
    import(&service, header("B1", 1, 1_000), &[both]).await.unwrap();
    let lowered = import(&service, header("B2", 1, 700), &[fact("L2", "2026-01-01", 700)]).await.unwrap();
    assert_eq!((lowered.rows_loaded, lowered.rows_quarantined), (1, 0));
    assert_eq!(totals(&service).await, (700, 0, 1));
    let file = "order_no,line,date,viewable_impressions\nIO-1001,L2,2026-01-01,801\n";
    let raised = csv(&service, rows("B3", 1), file).await;
    assert_eq!(waiting(&service, &raised).await, [(1, "VIEWABLE_ABOVE_IMPRESSIONS".to_owned())]);
}

#[tokio::test]
async fn what_waited_takes_the_place_of_nothing_that_was_said_since() {
    let service = Service::start().await;
    with_order(&service).await;
    let typed =
        |batch, count| pb::DailyBatchHeader { evidence: "a letter".into(), ..header(batch, 1, count) };
    import(&service, header("B1", 1, 100), &[fact("L2", "2026-01-01", 100)]).await.unwrap();
    let first = import(&service, typed("B2", 150), &[fact("L2", "2026-01-01", 150)]).await.unwrap();
    csv(&service, rows("B3", 1), "order_no,line,date,clicks\nIO-1001,L2,2026-01-01,5\n").await;
    assert_eq!(release(&service, &first, "r1").await.rows_loaded, 1);
    assert_eq!(totals(&service).await, (150, 5, 1));

    let second = import(&service, typed("B4", 170), &[fact("L2", "2026-01-01", 170)]).await.unwrap();
    import(&service, header("B5", 1, 150), &[fact("L2", "2026-01-01", 150)]).await.unwrap();
    assert_eq!(release(&service, &second, "r2").await, second, "150 was said once more, and holds");
    assert_eq!(waiting(&service, &second).await, [(1, "SAID_SINCE".to_owned())]);
    assert_eq!(totals(&service).await, (150, 5, 1));
}

#[tokio::test]
async fn a_day_whose_row_is_in_quarantine_is_not_replaced() {
    let service = Service::start().await;
    with_order(&service).await;
    let before = [
        fact("L2", "2026-01-01", 100),
        fact("L2", "2026-01-02", 200),
        fact("L2", "2026-01-03", 300),
        fact("L2", "2026-01-04", 400),
    ];
    import(&service, header("B1", 4, 1_000), &before).await.unwrap();
    let replace = |batch, count| pb::DailyBatchHeader {
        mode: pb::BatchMode::Replace.into(),
        days: days("2026-01-01", "2026-01-05"),
        ..rows(batch, count)
    };
    let file = "order_no,line,date,impressions,clicks\n\
                IO-1001,L2,2026-01-01,110,1\n\
                IO-1001,L2,2026-01-02,250,251\n\
                IO-1001,L2,2026-01-03,many,\n";
    let landed = csv(&service, replace("B2", 3), file).await;
    let counts = (landed.rows_loaded, landed.rows_quarantined, landed.rows_zeroed, landed.rows_kept);
    assert_eq!(counts, (1, 2, 1, 2), "4 January is not in the file");
    // 110 + 200 + 300 + 0.
    assert_eq!(totals(&service).await, (610, 1, 3));
    let file = "order_no,line,date,impressions\nIO-1001,L2,early January,5\n";
    let unread = csv(&service, replace("B3", 1), file).await;
    assert_eq!((unread.rows_zeroed, unread.rows_kept), (0, 3), "nobody knows which of its days the row says");
    assert_eq!(totals(&service).await, (610, 1, 3));
    let mended = "order_no,line,date,impressions,clicks\nIO-1001,L2,2026-01-02,250,25\n";
    csv(&service, rows("B4", 1), mended).await;
    // 110 + 250 + 300 + 0.
    assert_eq!(totals(&service).await, (660, 26, 3));
}

/// A thousand that is written with a comma makes a field more.
#[tokio::test]
async fn a_record_of_another_length_keeps_its_line_when_it_is_looked_at_again() {
    let service = Service::start().await;
    with_order(&service).await;
    let file = "order_no,line,date,impressions\nIO-1001,L2,2026-01-01,999\nIO-1001,L2,2026-01-02,1,000\n";
    let landed = csv(&service, rows("B1", 2), file).await;
    assert_eq!(release(&service, &landed, "r1").await, landed, "it cannot be read today either");
    let list = pb::ListQuarantineRequest { batch: landed.name, ..Default::default() };
    let kept = client(&service).list_quarantine(list).await.unwrap().into_inner().rows;
    assert!(
        kept[0].message.starts_with("line 3 of the file has 5 fields where its first line names 4: order_no")
    );
}

#[tokio::test]
async fn a_message_without_anything_is_told_what_it_may_have() {
    let service = Service::start().await;
    let messages = [Some(Part::Header(rows("B1", 0))), None].map(|part| pb::ImportDeliveryRequest { part });
    let refused = client(&service).import_delivery(tokio_stream::iter(messages)).await.unwrap_err();
    let expected = "a message of the stream is empty; it has to have header, facts, csv or parquet";
    assert_eq!(refused.message(), expected);
}

/// While a version is rolled out its migrations have run, and replicas of the one before still import.
#[tokio::test]
async fn a_column_that_a_later_version_adds_stops_no_import() {
    let service = Service::start().await;
    with_order(&service).await;
    let later = "alter table delivery_fact add column of_a_later_version integer";
    sqlx::query(later).execute(&mut service.connection().await).await.unwrap();
    import(&service, header("B1", 1, 100), &[fact("L2", "2026-01-01", 100)]).await.unwrap();
    let twice = [fact("L2", "2026-01-02", 10), fact("L2", "2026-01-02", 5)];
    import(&service, summed(header("B1", 2, 15)), &twice).await.unwrap();
    assert_eq!(totals(&service).await, (115, 0, 2));
}
