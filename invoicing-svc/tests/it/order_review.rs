//! Orders that wait until somebody has looked at them.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient, order_service_client::OrderServiceClient,
    },
};
use tonic::Code;

use crate::{
    invoice::{bill, sold},
    order::{Sold, days, order, reference_data, sync},
    reference::create_product,
    service::{Door, Service, reason},
};

/// What is sold to an account that pays by purchase orders such as PO-0042.
async fn asks_for_purchase_orders(service: &Service) -> Sold {
    let sold = reference_data(service).await;
    let mut accounts = AccountServiceClient::new(service.door("manager", Role::BillingManager));
    let account = pb::Account {
        name: sold.account.clone(),
        purchase_order_required: true,
        purchase_order_format: "PO-9999".into(),
        credit_limit: "50000.00".into(),
        holds: vec![pb::AccountHold {
            reason: "Under audit".into(),
            owner: "collections".into(),
            expires: None,
        }],
        ..pb::Account::default()
    };
    let paths = ["purchase_order_required", "purchase_order_format", "credit_limit", "holds"];
    let request = pb::UpdateAccountRequest {
        account: Some(account.clone()),
        update_mask: Some(prost_types::FieldMask { paths: paths.map(String::from).to_vec() }),
        request_id: "asks".into(),
    };
    let updated = accounts.update_account(request).await.unwrap().into_inner();
    assert_eq!((&updated.holds, &updated.credit_limit), (&account.holds, &account.credit_limit));
    sold
}

fn reviewer(service: &Service, person: &str) -> OrderServiceClient<Door> {
    OrderServiceClient::new(service.door(person, Role::BillingManager))
}

async fn waiting(service: &Service) -> Vec<pb::OrderReview> {
    let request = pb::ListOrderReviewsRequest {
        parent: "accounts/-".into(),
        state: pb::OrderReviewState::Waiting.into(),
        ..pb::ListOrderReviewsRequest::default()
    };
    reviewer(service, "second").list_order_reviews(request).await.unwrap().into_inner().order_reviews
}

fn approve(name: &str, request_id: &str) -> pb::ApproveOrderReviewRequest {
    pb::ApproveOrderReviewRequest {
        name: name.into(),
        note: "agreed by phone".into(),
        request_id: request_id.into(),
        ..pb::ApproveOrderReviewRequest::default()
    }
}

#[tokio::test]
async fn an_order_below_the_guidelines_is_adjusted_and_approved_by_a_second_person() {
    let service = Service::start().await;
    let sold = asks_for_purchase_orders(&service).await;
    let bare = pb::Order { purchase_orders: vec![], ..order(&sold, "IO-1") };
    let result = sync(&service, vec![bare.clone()], "1").await.unwrap().remove(0);
    assert_eq!((result.outcome(), &*result.reason), (pb::SyncOutcome::InReview, "PURCHASE_ORDER_MISSING"));
    let review = waiting(&service).await.remove(0);
    assert_eq!(
        (&*review.findings[0].reason, &review.makers[..]),
        ("PURCHASE_ORDER_MISSING", &["order_management_1".to_owned()][..])
    );
    assert!(!review.name.is_empty() && review.order.as_ref() == Some(&bare));

    let adjust = pb::AdjustOrderReviewRequest {
        name: review.name.clone(),
        etag: review.etag.clone(),
        purchase_orders: vec![pb::PurchaseOrder { number: "PO-0042".into(), value: None, expires: None }],
        request_id: "adjust".into(),
        ..pb::AdjustOrderReviewRequest::default()
    };
    let adjusted = reviewer(&service, "first").adjust_order_review(adjust).await.unwrap().into_inner();
    assert_eq!(adjusted.makers.len(), 2);
    let own =
        reviewer(&service, "first").approve_order_review(approve(&review.name, "own")).await.unwrap_err();
    assert_eq!((own.code(), reason(&own)), (Code::PermissionDenied, "REVIEW_BY_ITS_MAKER".into()));
    let approved = reviewer(&service, "second")
        .approve_order_review(approve(&review.name, "2nd"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((approved.state(), &*approved.decided_by), (pb::OrderReviewState::Approved, "second"));
    assert!(waiting(&service).await.is_empty());

    let said = "select type from outbox where type like '%order_review%' order by type";
    let said: Vec<String> =
        sqlx::query_scalar(said).fetch_all(&mut service.connection().await).await.unwrap();
    let short: Vec<_> = said.iter().filter_map(|kind| kind.rsplit('.').next()).collect();
    assert_eq!(short, ["adjusted", "approved", "opened"]);

    let again = sync(&service, vec![bare], "2").await.unwrap().remove(0);
    assert_eq!(again.outcome(), pb::SyncOutcome::Unchanged, "its source says what it said");
    let read =
        reviewer(&service, "second").get_order(pb::GetOrderRequest { name: again.order }).await.unwrap();
    assert_eq!(read.into_inner().purchase_orders[0].number, "PO-0042");
    let twice =
        reviewer(&service, "second").approve_order_review(approve(&review.name, "3")).await.unwrap_err();
    assert_eq!(reason(&twice), "REVIEW_DECIDED");
}

#[tokio::test]
async fn what_is_rejected_stays_so_and_a_newer_revision_takes_its_place() {
    let service = Service::start().await;
    let sold = asks_for_purchase_orders(&service).await;
    let unlike = order(&sold, "IO-1");
    let result = sync(&service, vec![unlike.clone()], "1").await.unwrap().remove(0);
    assert_eq!(result.reason, "PURCHASE_ORDER_FORMAT");
    let newer = pb::Order { revision: 2, ..unlike.clone() };
    sync(&service, vec![newer.clone()], "2").await.unwrap();
    let reviews = waiting(&service).await;
    assert_eq!(reviews.len(), 1, "the first is superseded");
    let reject = pb::RejectOrderReviewRequest {
        name: reviews[0].name.clone(),
        note: "wrong number".into(),
        request_id: "reject".into(),
        ..pb::RejectOrderReviewRequest::default()
    };
    let rejected = reviewer(&service, "second").reject_order_review(reject).await.unwrap().into_inner();
    assert_eq!((rejected.state(), &*rejected.note), (pb::OrderReviewState::Rejected, "wrong number"));
    let again = sync(&service, vec![newer], "3").await.unwrap().remove(0);
    assert_eq!((again.outcome(), &*again.reason), (pb::SyncOutcome::Refused, "REVISION_REJECTED"));
    let mut mended = pb::Order { revision: 3, ..unlike };
    mended.purchase_orders[0].number = "PO-0001".into();
    assert_eq!(sync(&service, vec![mended], "4").await.unwrap()[0].outcome(), pb::SyncOutcome::Created);
}

#[tokio::test]
async fn an_order_waits_that_its_account_s_credit_or_purchase_order_does_not_carry() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    // IO-1001 bills 3,883.34 gross, 3,300.84 net in January on PO-1, which is worth 20,000.00.
    bill(&service, &sold, "2026-01", "january").await;
    let mut carried = order(&sold, "IO-2");
    carried.lines[0].amount = "15000.00".into();
    carried.lines.truncate(1);
    let outcome = |result: &pb::SyncOrderResult| (result.outcome(), result.reason.clone());
    let created = (pb::SyncOutcome::Created, String::new());
    // 3,300.84 used and 12,750.00 to bill.
    assert_eq!(outcome(&sync(&service, vec![carried.clone()], "2").await.unwrap()[0]), created);
    let mut beyond = pb::Order { external_id: order(&sold, "IO-3").external_id, ..carried.clone() };
    beyond.lines[0].amount = "20000.00".into();
    let result = sync(&service, vec![beyond], "3").await.unwrap().remove(0);
    assert_eq!(outcome(&result), (pb::SyncOutcome::InReview, "PURCHASE_ORDER_USED_UP".into()));
    assert!(
        result
            .message
            .contains("are for 20000.00, of which 3300.84 is used, and the order has 17000.00 to bill"),
        "{}",
        result.message
    );

    let account =
        pb::Account { name: sold.account.clone(), credit_limit: "22200.00".into(), ..pb::Account::default() };
    let request = pb::UpdateAccountRequest {
        account: Some(account),
        update_mask: Some(prost_types::FieldMask { paths: vec!["credit_limit".into()] }),
        request_id: "limit".into(),
    };
    let mut accounts = AccountServiceClient::new(service.door("manager", Role::BillingManager));
    accounts.update_account(request).await.unwrap();
    // Open 3,300.84; to bill net of IO-1001 5,900.41 (a spot that did not air is still booked) and of IO-2 12,750.00.
    let small = |id: &str, amount: &str| {
        let mut small = pb::Order { purchase_orders: vec![], ..order(&sold, id) };
        small.lines.truncate(1);
        small.lines[0].amount = amount.into();
        small
    };
    let batch = vec![small("IO-4", "200.00"), small("IO-5", "200.00")];
    let results = sync(&service, batch, "4").await.unwrap();
    assert_eq!(outcome(&results[0]), created, "170.00 more, 22,121.25 in all");
    assert_eq!(outcome(&results[1]), (pb::SyncOutcome::InReview, "CREDIT_LIMIT_EXCEEDED".into()));
    let said = "the credit limit is 22200.00: 3300.84 is open, 0.00 on drafts, 18820.41 booked on other orders, and this order adds 170.00";
    assert_eq!(results[1].message, said);
    let review = waiting(&service)
        .await
        .into_iter()
        .find(|review| review.findings[0].reason == "CREDIT_LIMIT_EXCEEDED")
        .unwrap();
    let approved =
        reviewer(&service, "second").approve_order_review(approve(&review.name, "credit")).await.unwrap();
    assert_eq!(approved.into_inner().state(), pb::OrderReviewState::Approved);
}

/// 100,000 at 10.00 per thousand are 1,000.00. 1,360,000 at 7.35 are 9,996.00: a rate of more decimals makes 10,000.00 of them.
#[tokio::test]
async fn an_amount_that_rate_and_units_do_not_come_to_is_taken_once_somebody_has_approved_it() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let product = create_product(&service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let revision = |revision, rate: &str, units: &str, amount: &str| {
        let line = pb::OrderLine {
            number: "L1".into(),
            ad_product: product.clone(),
            flight: days("2026-01-01", "2026-03-31"),
            rate: rate.into(),
            booked_units: units.into(),
            amount: amount.into(),
            ..pb::OrderLine::default()
        };
        pb::Order { revision, lines: vec![line], ..order(&sold, "IO-1") }
    };
    let outcome = |result: &pb::SyncOrderResult| (result.outcome(), result.reason.clone());
    let off = revision(1, "10", "100000", "5000.00");
    let result = sync(&service, vec![off.clone()], "1").await.unwrap().remove(0);
    assert_eq!(outcome(&result), (pb::SyncOutcome::InReview, "AMOUNT_DOES_NOT_ADD_UP".into()));
    let both = "line L1: it is booked for 5000.00, and its rate and units come to 1000.00;";
    assert!(result.message.contains(both), "{}", result.message);
    let review = waiting(&service).await.remove(0);
    assert_eq!((&*review.findings[0].reason, &*review.findings[0].line), ("AMOUNT_DOES_NOT_ADD_UP", "L1"));
    let approved =
        reviewer(&service, "second").approve_order_review(approve(&review.name, "as-said")).await.unwrap();
    assert_eq!(approved.into_inner().state(), pb::OrderReviewState::Approved);
    let amended = (pb::SyncOutcome::Amended, String::new());
    let next = pb::Order { revision: 2, advertiser: "Acme Soap".into(), ..off };
    assert_eq!(outcome(&sync(&service, vec![next], "2").await.unwrap()[0]), amended, "nobody looks twice");
    let rounded = revision(3, "7.35", "1360000", "10000.00");
    assert_eq!(outcome(&sync(&service, vec![rounded], "3").await.unwrap()[0]), amended);
    let other = revision(4, "7.35", "1360000", "11000.00");
    let result = sync(&service, vec![other], "4").await.unwrap().remove(0);
    assert_eq!(outcome(&result), (pb::SyncOutcome::InReview, "AMOUNT_DOES_NOT_ADD_UP".into()));
}
