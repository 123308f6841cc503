//! What somebody keeps from being billed.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{self as pb, hold_service_client::HoldServiceClient},
};

use tonic::Code;

use crate::{
    invoice::{all, bill, get, list, review, sold},
    order::{Sold, day},
    service::{Door, Service, reason},
    tax::exceptions,
};

fn client(service: &Service) -> HoldServiceClient<Door> {
    HoldServiceClient::new(service.door("billing_analyst_1", Role::BillingAnalyst))
}

async fn hold(service: &Service, sold: &Sold, hold: pb::Hold) -> pb::Hold {
    let request = pb::CreateHoldRequest {
        parent: sold.account.clone(),
        hold: Some(pb::Hold { reason: "the customer asked".into(), ..hold }),
        request_id: "hold".into(),
    };
    client(service).create_hold(request).await.unwrap().into_inner()
}

async fn drafts(service: &Service, run: &pb::BillingRun) -> Vec<pb::Invoice> {
    list(service, pb::ListInvoicesRequest { billing_run: run.name.clone(), ..all() }).await
}

#[tokio::test]
async fn a_held_order_waits_and_goes_on_as_soon_as_it_is_released() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let order = drafts(&service, &run).await[0].order.clone();
    let held = hold(&service, &sold, pb::Hold { order, ..pb::Hold::default() }).await;
    assert_eq!((held.owner.as_str(), held.released_by.as_str()), ("billing_analyst_1", ""));
    assert!(drafts(&service, &run).await[0].waiting);
    let release = |etag: &str, id: &str| pb::ReleaseHoldRequest {
        name: held.name.clone(),
        etag: etag.into(),
        request_id: id.into(),
    };
    let mut client = client(&service);
    assert_eq!(reason(&client.release_hold(release("r9", "1")).await.unwrap_err()), "ETAG_MISMATCH");
    client.release_hold(release(&held.etag, "2")).await.unwrap();
    assert!(!drafts(&service, &run).await[0].waiting);
    assert_eq!(reason(&client.release_hold(release("", "3")).await.unwrap_err()), "HOLD_RELEASED");
}

/// It is 2 April 2026 in New York, where the account is billed: a hold to that day holds, one to the day before would not.
#[tokio::test]
async fn a_hold_that_is_over_is_refused() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let until = |last: &str| pb::CreateHoldRequest {
        parent: sold.account.clone(),
        hold: Some(pb::Hold {
            reason: "the customer asked".into(),
            expire_date: Some(day(last)),
            ..pb::Hold::default()
        }),
        request_id: last.into(),
    };
    let refused = client(&service).create_hold(until("2026-04-01")).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "HOLD_EXPIRED"));
    let said = "the last day of the hold, 2026-04-01, is past: today is 2026-04-02";
    assert!(refused.message().contains(said), "{}", refused.message());
    let held = client(&service).create_hold(until("2026-04-02")).await.unwrap().into_inner();
    assert_eq!(held.expire_date, Some(day("2026-04-02")));
}

#[tokio::test]
async fn a_line_that_is_held_in_one_run_is_billed_by_the_next() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let run = review(&service, &sold, "2026-01", "run").await;
    let draft = drafts(&service, &run).await.remove(0);
    let moved = pb::Hold {
        order: draft.order.clone(),
        line: "L3".into(),
        billing_run: run.name.clone(),
        ..pb::Hold::default()
    };
    assert_eq!(hold(&service, &sold, moved).await.line, "L3");
    let draft = get(&service, &draft.name).await;
    assert_eq!((draft.lines.len(), draft.gross.unwrap().amount.as_str()), (1, "3333.34"));
    let found = exceptions(&service, &run).await;
    let [said] = &found[..] else { panic!("{found:?}") };
    assert_eq!((said.reason.as_str(), said.severity()), ("LINE_ON_HOLD", pb::ExceptionSeverity::Warn));
    let message = "line L3: 550.00 is on hold (the customer asked) and not on this draft; billing_analyst_1 can release it";
    assert_eq!((said.line.as_str(), said.message.as_str()), ("L3", message));
    let cancel = pb::CancelBillingRunRequest { name: run.name, request_id: "cancel".into() };
    let mut manager = pb::billing_run_service_client::BillingRunServiceClient::new(
        service.door("first", Role::BillingManager),
    );
    manager.cancel_billing_run(cancel).await.unwrap();
    let next = bill(&service, &sold, "2026-01", "next").await;
    assert_eq!(next[0].gross.as_ref().unwrap().amount, "3883.34", "the hold was for that run only");
}
