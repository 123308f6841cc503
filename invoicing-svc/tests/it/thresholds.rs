//! Accounts that are billed before their period ends.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient,
        billing_run_service_client::BillingRunServiceClient,
    },
};
use prost_types::FieldMask;

use crate::{
    agreement::{lines, sell, two_accounts},
    invoice::{approve, issue, watched},
    order::Sold,
    service::Service,
};

async fn set(service: &Service, account: &str, threshold: &str) {
    let request = pb::UpdateAccountRequest {
        account: Some(pb::Account {
            name: account.into(),
            billing_threshold: threshold.into(),
            ..pb::Account::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["billing_threshold".into()] }),
        request_id: account.into(),
    };
    let mut client = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let updated = client.update_account(request).await.unwrap().into_inner();
    assert_eq!(updated.billing_threshold, threshold);
}

async fn reached(service: &Service, sold: &Sold) -> Vec<(String, String)> {
    let request = pb::ListThresholdsReachedRequest {
        parent: sold.entity.clone(),
        ..pb::ListThresholdsReachedRequest::default()
    };
    let mut client = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let found = client.list_thresholds_reached(request).await.unwrap().into_inner().thresholds_reached;
    found.into_iter().map(|found| (found.account, found.unbilled.unwrap().amount)).collect()
}

#[tokio::test]
async fn an_account_that_reaches_its_threshold_is_billed_while_the_month_runs() {
    // It is 2 April 2026.
    let service = Service::start().await;
    let (sold, other) = two_accounts(&service).await;
    sell(&service, &sold, &sold.account, ("IO-1", "700.00"), ("2026-04-01", "2026-04-30")).await;
    sell(&service, &sold, &other, ("IO-2", "700.00"), ("2026-04-01", "2026-04-30")).await;
    set(&service, &sold.account, "700.00").await;
    set(&service, &other, "700.01").await;
    assert_eq!(reached(&service, &sold).await, [(sold.account.clone(), "700.00".to_owned())]);
    let request = pb::StartBillingRunRequest {
        billing_entity: sold.entity.clone(),
        month: "2026-04".into(),
        accounts: vec![sold.account.clone()],
        request_id: "april".into(),
        ..pb::StartBillingRunRequest::default()
    };
    let mut manager = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let run = manager.start_billing_run(request).await.unwrap().into_inner();
    let run = watched(&mut manager, &run.name).await;
    assert_eq!(reached(&service, &sold).await, [], "it is drafted");
    approve(&service, &run).await;
    issue(&service, &run).await;
    // What comes on top is billed by the next run of the month.
    sell(&service, &sold, &sold.account, ("IO-3", "50.00"), ("2026-04-01", "2026-04-30")).await;
    let rest = crate::invoice::bill(&service, &sold, "2026-04", "rest").await;
    let rest: Vec<_> = rest.into_iter().filter(|invoice| invoice.account == sold.account).collect();
    assert_eq!(lines(&service, &rest).await, ["SCHEDULE_PART 1 × 50 = 50.00"]);
}
