//! Ad credits, used by runs until nothing is left of them.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, ad_credit_service_client::AdCreditServiceClient,
        billing_run_service_client::BillingRunServiceClient, ledger_service_client::LedgerServiceClient,
    },
};
use prost_types::FieldMask;

use crate::{
    agreement::{drafts, is_explained, lines, sell, two_accounts},
    invoice::{approve, bill, issue, review},
    order::{Sold, day},
    reference::create_product,
    refresh::{refresh, rename},
    service::{Door, Service, reason},
};

fn client(service: &Service) -> AdCreditServiceClient<Door> {
    AdCreditServiceClient::new(service.door("billing_manager_1", Role::BillingManager))
}

fn money(amount: &str) -> Option<pb::Money> {
    Some(pb::Money { currency_code: "USD".into(), amount: amount.into() })
}

async fn grant(service: &Service, sold: &Sold, product: &str, amount: &str, expires: &str) -> pb::AdCredit {
    let request = pb::CreateAdCreditRequest {
        parent: sold.account.clone(),
        ad_credit: Some(pb::AdCredit {
            billing_entity: sold.entity.clone(),
            ad_product: product.into(),
            amount: money(amount),
            grant_date: Some(day("2026-01-01")),
            expire_date: Some(day(expires)),
            reason: "Welcome".into(),
            ..pb::AdCredit::default()
        }),
        request_id: expires.into(),
    };
    client(service).create_ad_credit(request).await.unwrap().into_inner()
}

/// Used, drafted and left.
async fn standing(service: &Service, credit: &pb::AdCredit) -> [String; 3] {
    let request = pb::GetAdCreditRequest { name: credit.name.clone() };
    let credit = client(service).get_ad_credit(request).await.unwrap().into_inner();
    [credit.used, credit.drafted, credit.left].map(|money| money.unwrap().amount)
}

async fn cancel(service: &Service, run: &pb::BillingRun) {
    let cancel = pb::CancelBillingRunRequest { name: run.name.clone(), request_id: run.name.clone() };
    let mut manager = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    manager.cancel_billing_run(cancel).await.unwrap();
}

#[tokio::test]
async fn the_credit_that_expires_first_is_used_first_and_no_document_falls_below_nothing() {
    let service = Service::start().await;
    let (sold, _) = two_accounts(&service).await;
    let product = create_product(&service, "CREDIT", pb::PricingModel::FlatFee).await.name;
    let late = grant(&service, &sold, &product, "400.00", "2026-12-31").await;
    let soon = grant(&service, &sold, &product, "100.00", "2026-04-30").await;
    grant(&service, &sold, &product, "70.00", "2026-04-01").await;
    sell(&service, &sold, &sold.account, ("IO-1", "300.00"), ("2026-01-01", "2026-01-31")).await;
    let run = review(&service, &sold, "2026-01", "first").await;
    let expected =
        ["AD_CREDIT -1 × 100 = -100.00", "AD_CREDIT -1 × 200 = -200.00", "SCHEDULE_PART 1 × 300 = 300.00"];
    let january = drafts(&service, &run).await;
    assert_eq!(lines(&service, &january).await, expected);
    assert_eq!(january[0].total.as_ref().unwrap().amount, "0.00");
    assert_eq!(standing(&service, &soon).await, ["0.00", "100.00", "0.00"]);
    assert_eq!(standing(&service, &late).await, ["0.00", "200.00", "200.00"]);
    is_explained(&service, &sold, &january).await;
    cancel(&service, &run).await;
    assert_eq!(standing(&service, &soon).await, ["0.00", "0.00", "100.00"]);

    let january = bill(&service, &sold, "2026-01", "january").await;
    assert_eq!(lines(&service, &january).await, expected);
    is_explained(&service, &sold, &january).await;
    assert_eq!(standing(&service, &late).await, ["200.00", "0.00", "200.00"]);
    sell(&service, &sold, &sold.account, ("IO-2", "500.00"), ("2026-02-01", "2026-02-28")).await;
    let february = bill(&service, &sold, "2026-02", "february").await;
    let expected = ["AD_CREDIT -1 × 200 = -200.00", "SCHEDULE_PART 1 × 500 = 500.00"];
    assert_eq!(lines(&service, &february).await, expected);
    assert_eq!(standing(&service, &late).await, ["400.00", "0.00", "0.00"]);
    is_explained(&service, &sold, &february).await;
    let mut ledger = LedgerServiceClient::new(service.door("controller_1", Role::Controller));
    let request = pb::GetTrialBalanceRequest { billing_entity: sold.entity.clone(), ..Default::default() };
    let rows = ledger.get_trial_balance(request).await.unwrap().into_inner().rows;
    let contra = rows.iter().find(|row| row.ledger_account() == pb::LedgerAccount::ContraRevenue).unwrap();
    assert_eq!(contra.balance.as_ref().unwrap().amount, "500.00");
}

#[tokio::test]
async fn nothing_is_used_after_it_has_expired() {
    let service = Service::start().await;
    let (sold, _) = two_accounts(&service).await;
    let product = create_product(&service, "CREDIT", pb::PricingModel::FlatFee).await.name;
    let credit = grant(&service, &sold, &product, "100.00", "2026-04-02").await;
    sell(&service, &sold, &sold.account, ("IO-1", "300.00"), ("2026-01-01", "2026-01-31")).await;
    let run = review(&service, &sold, "2026-01", "first").await;
    approve(&service, &run).await;
    service.clock.advance(jiff::SignedDuration::from_hours(24));
    let request = |date: Option<&str>, id: &str| pb::IssueBillingRunRequest {
        name: run.name.clone(),
        issue_date: date.map(day),
        request_id: id.into(),
    };
    let mut manager = BillingRunServiceClient::new(service.door("second", Role::BillingManager));
    let refused = manager.issue_billing_run(request(None, "today")).await.unwrap_err();
    assert_eq!(reason(&refused), "AD_CREDIT_EXPIRED");
    assert!(refused.message().contains("2026-04-02"), "{refused}");
    manager.issue_billing_run(request(Some("2026-04-02"), "yesterday")).await.unwrap();
    issue_ends(&service, &run).await;
    assert_eq!(standing(&service, &credit).await, ["100.00", "0.00", "0.00"]);
}

async fn issue_ends(service: &Service, run: &pb::BillingRun) {
    let mut manager = BillingRunServiceClient::new(service.door("second", Role::BillingManager));
    crate::invoice::watched(&mut manager, &run.name).await;
}

#[tokio::test]
async fn a_credit_is_changed_only_in_when_it_expires_and_why() {
    let service = Service::start().await;
    let (sold, _) = two_accounts(&service).await;
    let product = create_product(&service, "CREDIT", pb::PricingModel::FlatFee).await.name;
    let credit = grant(&service, &sold, &product, "100.00", "2026-12-31").await;
    sell(&service, &sold, &sold.account, ("IO-1", "300.00"), ("2026-01-01", "2026-01-31")).await;
    let run = review(&service, &sold, "2026-01", "first").await;
    assert_eq!(drafts(&service, &run).await[0].gross, money("200.00"));
    let update = |amount: &str, paths: &[&str], id: &str| pb::UpdateAdCreditRequest {
        ad_credit: Some(pb::AdCredit {
            name: credit.name.clone(),
            etag: credit.etag.clone(),
            amount: money(amount),
            expire_date: Some(day("2026-03-31")),
            ..pb::AdCredit::default()
        }),
        update_mask: Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }),
        request_id: id.into(),
    };
    let mut client = client(&service);
    client.update_ad_credit(update("900.00", &["amount"], "1")).await.unwrap_err();
    let changed =
        client.update_ad_credit(update("900.00", &["expire_date"], "2")).await.unwrap().into_inner();
    assert_eq!((changed.etag.as_str(), changed.amount), ("r2", money("100.00")));

    // It has expired: the run that is refreshed leaves it out.
    let mut manager = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let refresh = pb::RefreshBillingRunRequest { name: run.name.clone(), request_id: "refresh".into() };
    manager.refresh_billing_run(refresh).await.unwrap();
    let run = crate::invoice::watched(&mut manager, &run.name).await;
    assert_eq!(drafts(&service, &run).await[0].gross, money("300.00"));
    approve(&service, &run).await;
    issue(&service, &run).await;
    let list =
        pb::ListAdCreditsRequest { parent: "accounts/-".into(), ..pb::ListAdCreditsRequest::default() };
    let credits = client.list_ad_credits(list).await.unwrap().into_inner().ad_credits;
    assert_eq!(credits[0].left, money("100.00"));
}

/// A fee of 8,000.00 less a credit of 500.00 is approved: 7,500.00. On the way to that the account is rated without its credit.
#[tokio::test]
async fn a_draft_with_a_credit_that_comes_out_as_it_was_stays_approved() {
    let service = Service::start().await;
    let (sold, _) = two_accounts(&service).await;
    let product = create_product(&service, "CREDIT", pb::PricingModel::FlatFee).await.name;
    let credit = grant(&service, &sold, &product, "500.00", "2026-12-31").await;
    sell(&service, &sold, &sold.account, ("IO-1", "8000.00"), ("2026-01-01", "2026-01-31")).await;
    let run = review(&service, &sold, "2026-01", "first").await;
    assert_eq!(drafts(&service, &run).await[0].total, money("7500.00"));
    approve(&service, &run).await;
    // Nothing of January.
    rename(&service, &sold.account).await;
    sell(&service, &sold, &sold.account, ("IO-2", "90.00"), ("2026-02-01", "2026-02-28")).await;
    let refreshed = refresh(&service, &run.name, "refresh").await;
    assert_eq!((refreshed.state(), refreshed.drafts_removed), (pb::BillingRunState::Approved, 0));
    let issued = issue(&service, &run).await;
    assert_eq!((issued.state(), issued.progress.unwrap().drafts_issued), (pb::BillingRunState::Issued, 1));
    assert_eq!(standing(&service, &credit).await, ["500.00", "0.00", "0.00"]);
}
