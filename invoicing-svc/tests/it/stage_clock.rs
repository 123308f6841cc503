//! How long it takes from the signature of an order to its invoice.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{self as pb, stage_clock_service_client::StageClockServiceClient},
};
use chassis::caller::Grant;
use tonic::{Code, Status};

use crate::{
    daily,
    delivery::{header, import, spot},
    invoice::{all, approve, issue, list, review},
    makegood::with_series,
    metered::io_2006,
    order::{Sold, days, order, sync},
    reference::create_account,
    service::{Door, Service, reason},
};

fn client(service: &Service) -> StageClockServiceClient<Door> {
    StageClockServiceClient::new(service.door("auditor_1", Role::Auditor))
}

fn now(service: &Service, time: &str) {
    service.clock.set(time.parse().unwrap());
}

fn of_order(sold: &Sold, order: &str) -> pb::ListStageClocksRequest {
    pb::ListStageClocksRequest { parent: sold.account.clone(), order: order.into(), ..Default::default() }
}

async fn clocks(
    service: &Service,
    request: pb::ListStageClocksRequest,
) -> Result<pb::ListStageClocksResponse, Status> {
    client(service).list_stage_clocks(request).await.map(tonic::Response::into_inner)
}

/// Each stage that was reached with its day and the days since the one before: `SYNCED 2026-04-02 +108`.
fn told(clock: &pb::StageClock) -> Vec<String> {
    let stage = |stage: &pb::StageReached| {
        let day = stage.day.unwrap();
        let day = format!("{:04}-{:02}-{:02}", day.year, day.month, day.day);
        let name = stage.stage().as_str_name().trim_start_matches("STAGE_").to_owned();
        if stage.since() == pb::Stage::Unspecified {
            return format!("{name} {day}");
        }
        format!("{name} {day} {:+}", stage.days)
    };
    clock.stages.iter().map(stage).collect()
}

/// IO-1001 is received on 2 April, two of its spots on 5 April; rated on the 6th, approved on the 8th, issued on the 9th. The days are
/// those of New York, where it was still 2 April when the order came.
async fn billed(service: &Service, sold: &Sold, others: Vec<pb::Order>) -> String {
    now(service, "2026-04-03T03:30:00Z");
    let taken = sync(service, vec![order(sold, "IO-1001")], "orders").await.unwrap().remove(0).order;
    now(service, "2026-04-04T12:00:00Z");
    for other in others {
        let request_id = other.external_id.clone().unwrap().id;
        sync(service, vec![other], &request_id).await.unwrap();
    }
    now(service, "2026-04-05T12:00:00Z");
    import(service, header("B1", 2, "550.00"), &[spot(1), spot(2)]).await.unwrap();
    now(service, "2026-04-06T12:00:00Z");
    let run = review(service, sold, "2026-01", "january").await;
    now(service, "2026-04-07T12:00:00Z");
    // Too late for this run.
    import(service, header("B2", 1, "275.00"), &[spot(3)]).await.unwrap();
    now(service, "2026-04-08T12:00:00Z");
    approve(service, &run).await;
    now(service, "2026-04-09T12:00:00Z");
    let run = issue(service, &run).await;
    assert_eq!(run.state(), pb::BillingRunState::Issued, "{}", run.failure);
    taken
}

#[tokio::test]
async fn each_line_of_a_document_says_when_it_reached_which_stage() {
    let service = Service::start().await;
    let sold = with_series(&service).await;
    let order = billed(&service, &sold, vec![]).await;
    let found = clocks(&service, of_order(&sold, &order)).await.unwrap().stage_clocks;
    let [fee, spots] = &found[..] else { panic!("two lines: {found:?}") };
    assert_eq!(
        (fee.order_line.as_str(), &fee.ad_product, &fee.origin_period, fee.billing_month.as_str()),
        ("L2", &sold.fee, &days("2026-01-01", "2026-01-31"), "2026-01")
    );
    // Sixteen days of December, 31 + 28 + 31 and two more to 2 April. It had run for 91 days by then. The fee of January ends on the
    // 31st, 28 + 31 + 6 days before it is rated. Of a fee nothing is counted.
    assert_eq!(
        told(fee),
        [
            "SIGNED 2025-12-15",
            "SYNCED 2026-04-02 +108",
            "LIVE 2026-01-01 -91",
            "DELIVERED 2026-01-31 +30",
            "RATED 2026-04-06 +65",
            "APPROVED 2026-04-08 +2",
            "ISSUED 2026-04-09 +1",
        ]
    );
    // Both aired on 27 January: 4 + 28 + 31 + 5 days before the batch came.
    assert_eq!((spots.order_line.as_str(), &spots.ad_product), ("L3", &sold.spots));
    assert_eq!(
        told(spots),
        [
            "SIGNED 2025-12-15",
            "SYNCED 2026-04-02 +108",
            "LIVE 2026-01-27 -65",
            "DELIVERED 2026-01-27 +0",
            "FINAL 2026-04-05 +68",
            "RATED 2026-04-06 +1",
            "APPROVED 2026-04-08 +2",
            "ISSUED 2026-04-09 +1",
        ]
    );
    let [signed, synced, ..] = &spots.stages[..] else { panic!("{spots:?}") };
    // 3 April, 03:30 UTC.
    assert_eq!((&signed.time, synced.time.as_ref().unwrap().seconds), (&None, 1_775_187_000));

    let of_invoice = pb::ListStageClocksRequest {
        parent: sold.account.clone(),
        invoice: fee.invoice.clone(),
        page_size: 1,
        ..Default::default()
    };
    let first = clocks(&service, of_invoice.clone()).await.unwrap();
    let next = pb::ListStageClocksRequest { page_token: first.next_page_token, ..of_invoice };
    let next = clocks(&service, next).await.unwrap();
    assert_eq!([first.stage_clocks, next.stage_clocks].concat(), found);
    assert_eq!(next.next_page_token, "");
}

#[tokio::test]
async fn an_order_that_is_not_billed_says_how_far_it_is() {
    let service = Service::start().await;
    let sold = with_series(&service).await;
    let taken = sync(&service, vec![order(&sold, "IO-1001")], "orders").await.unwrap().remove(0).order;
    import(&service, header("B1", 1, "275.00"), &[spot(1)]).await.unwrap();
    let far = clocks(&service, of_order(&sold, &taken)).await.unwrap().stage_clocks;
    let [fee, spots] = &far[..] else { panic!("two lines: {far:?}") };
    assert_eq!(told(fee), ["SIGNED 2025-12-15", "SYNCED 2026-04-02 +108"]);
    assert_eq!(told(spots), ["SIGNED 2025-12-15", "SYNCED 2026-04-02 +108", "LIVE 2026-01-27 -65"]);
    assert_eq!((&spots.origin_period, spots.invoice.as_str(), spots.billing_month.as_str()), (&None, "", ""));

    now(&service, "2026-04-04T12:00:00Z");
    let run = review(&service, &sold, "2026-01", "january").await;
    let drafted = clocks(&service, of_order(&sold, &taken)).await.unwrap().stage_clocks;
    let last = |clock: &pb::StageClock| told(clock).pop().unwrap();
    assert_eq!(drafted.iter().map(last).collect::<Vec<_>>(), ["RATED 2026-04-04 +63", "RATED 2026-04-04 +2"]);
    now(&service, "2026-04-06T12:00:00Z");
    approve(&service, &run).await;
    let approved = clocks(&service, of_order(&sold, &taken)).await.unwrap().stage_clocks;
    assert!(approved.iter().all(|clock| last(clock) == "APPROVED 2026-04-06 +2"), "{approved:?}");
}

#[tokio::test]
async fn what_was_counted_is_final_with_the_last_that_the_run_knew() {
    let service = Service::start().await;
    let sold = with_series(&service).await;
    io_2006(&service, &sold).await;
    let fact = |date: &str, impressions| pb::DeliveryFact {
        order: "IO-2006".into(),
        ..daily::fact("L1", date, impressions)
    };
    now(&service, "2026-04-03T12:00:00Z");
    let facts = [fact("2026-01-10", 0), fact("2026-01-12", 600_000), fact("2026-01-20", 100_000)];
    daily::import(&service, daily::header("B1", 3, 700_000), &facts).await.unwrap();
    now(&service, "2026-04-06T12:00:00Z");
    let run = review(&service, &sold, "2026-01", "january").await;
    now(&service, "2026-04-07T12:00:00Z");
    let facts = [fact("2026-01-25", 50_000), fact("2026-02-03", 50_000)];
    daily::import(&service, daily::header("B2", 2, 100_000), &facts).await.unwrap();
    approve(&service, &run).await;
    issue(&service, &run).await;
    let documents = list(&service, all()).await;
    let [invoice] = &documents[..] else { panic!("one document: {documents:?}") };
    let found = clocks(&service, of_order(&sold, &invoice.order)).await.unwrap().stage_clocks;
    let [january, rest] = &found[..] else { panic!("January and what came later: {found:?}") };
    assert_eq!(
        told(january)[2..6],
        ["LIVE 2026-01-12 -80", "DELIVERED 2026-01-20 +8", "FINAL 2026-04-03 +73", "RATED 2026-04-06 +3"]
    );
    assert_eq!((january.invoice.as_str(), rest.invoice.as_str()), (invoice.name.as_str(), ""));
    assert_eq!(told(rest)[2..], ["LIVE 2026-02-03 -58"]);
}

/// Product, stages, count, median and worst days: `SYNCED after SIGNED: 2 times, 108 to 110`.
fn delay(delay: &pb::StageDelay) -> String {
    let name = |stage: pb::Stage| stage.as_str_name().trim_start_matches("STAGE_").to_owned();
    let (stage, since) = (name(delay.stage()), name(delay.since()));
    format!("{stage} after {since}: {} times, {} to {}", delay.count, delay.median_days, delay.worst_days)
}

async fn delays(
    service: &Service,
    request: pb::ListStageDelaysRequest,
) -> Result<pb::ListStageDelaysResponse, Status> {
    client(service).list_stage_delays(request).await.map(tonic::Response::into_inner)
}

/// All pages of a list.
async fn paged(service: &Service, mut request: pb::ListStageDelaysRequest) -> Vec<pb::StageDelay> {
    let mut all = Vec::new();
    loop {
        let page = delays(service, request.clone()).await.unwrap();
        assert!(page.stage_delays.len() <= usize::try_from(request.page_size).unwrap());
        all.extend(page.stage_delays);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn delays_are_summed_by_month_and_product() {
    let service = Service::start().await;
    let sold = with_series(&service).await;
    // The other order comes on 4 April, two days later, and nothing of it aired.
    let order = billed(&service, &sold, vec![order(&sold, "IO-1002")]).await;
    let request = pb::ListStageDelaysRequest {
        parent: sold.entity.clone(),
        last_month: "2026-01".into(),
        ..pb::ListStageDelaysRequest::default()
    };
    let found = delays(&service, request.clone()).await.unwrap().stage_delays;
    assert!(found.iter().all(|delay| delay.billing_month == "2026-01"));
    let of =
        |product: &str| found.iter().filter(|each| each.ad_product == product).map(delay).collect::<Vec<_>>();
    assert_eq!(
        of(&sold.fee),
        [
            "SYNCED after SIGNED: 2 times, 108 to 110",
            "LIVE after SYNCED: 2 times, -93 to -91",
            "DELIVERED after LIVE: 2 times, 30 to 30",
            "RATED after DELIVERED: 2 times, 65 to 65",
            "APPROVED after RATED: 2 times, 2 to 2",
            "ISSUED after APPROVED: 2 times, 1 to 1",
        ]
    );
    assert_eq!(
        of(&sold.spots),
        [
            "SYNCED after SIGNED: 1 times, 108 to 108",
            "LIVE after SYNCED: 1 times, -65 to -65",
            "DELIVERED after LIVE: 1 times, 0 to 0",
            "FINAL after DELIVERED: 1 times, 68 to 68",
            "RATED after FINAL: 1 times, 1 to 1",
            "APPROVED after RATED: 1 times, 2 to 2",
            "ISSUED after APPROVED: 1 times, 1 to 1",
        ]
    );
    let documents = list(&service, all()).await;
    let late = documents.iter().find(|document| document.order != order).unwrap();
    assert_eq!((found[0].stage(), &found[0].worst_invoice), (pb::Stage::Synced, &late.name));

    let by_product = pb::ListStageDelaysRequest {
        first_month: "2025-02".into(),
        ad_product: sold.spots.clone(),
        page_size: 4,
        ..request.clone()
    };
    let first = delays(&service, by_product.clone()).await.unwrap();
    let next = pb::ListStageDelaysRequest { page_token: first.next_page_token, ..by_product };
    let next = delays(&service, next).await.unwrap().stage_delays;
    assert_eq!([first.stage_delays, next].concat(), found[6..]);
    // However small the pages are, they are the same list, through all products and the months before.
    for page_size in [1, 5, 7] {
        let request =
            pb::ListStageDelaysRequest { first_month: "2025-02".into(), page_size, ..request.clone() };
        assert_eq!(paged(&service, request).await, found, "{page_size} a page");
    }
    let february = pb::ListStageDelaysRequest { last_month: "2026-02".into(), ..request.clone() };
    assert_eq!(delays(&service, february).await.unwrap().stage_delays, []);
    let wrong = pb::ListStageDelaysRequest { first_month: "2025-01".into(), ..request.clone() };
    assert_eq!(reason(&delays(&service, wrong).await.unwrap_err()), "MALFORMED");
    let turned = pb::ListStageDelaysRequest { first_month: "2026-03".into(), ..request };
    let turned = delays(&service, turned).await.unwrap_err();
    let said = "last_month: must not be 2026-01, before the first month 2026-03";
    assert!(turned.message().contains(said), "{}", turned.message());
}

#[tokio::test]
async fn clocks_are_of_one_order_or_document_that_the_caller_may_see() {
    let service = Service::start().await;
    let sold = with_series(&service).await;
    let taken = sync(&service, vec![order(&sold, "IO-1001")], "orders").await.unwrap().remove(0).order;
    let other = create_account(&service, "AG-2", "WEST").await.name;
    let nobody = format!("{}/invoices/inv_{}", sold.account, "0".repeat(32));
    for (wrong, code) in [
        (of_order(&sold, ""), Code::InvalidArgument),
        (
            pb::ListStageClocksRequest { invoice: nobody.clone(), ..of_order(&sold, &taken) },
            Code::InvalidArgument,
        ),
        (pb::ListStageClocksRequest { parent: other, ..of_order(&sold, &taken) }, Code::InvalidArgument),
        (pb::ListStageClocksRequest { invoice: nobody, ..of_order(&sold, "") }, Code::NotFound),
    ] {
        let refused = clocks(&service, wrong).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused:?}");
    }
    let grant = Grant {
        role: Role::BillingManager,
        entities: vec![],
        territories: vec!["WEST".into()],
        accounts: vec![],
    };
    let mut limited = StageClockServiceClient::new(service.limited_door("limited", vec![grant]));
    let missing = limited.list_stage_clocks(of_order(&sold, &taken)).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    let mut sales = StageClockServiceClient::new(service.door("sales_1", Role::Sales));
    let refused = sales.list_stage_clocks(of_order(&sold, &taken)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}
