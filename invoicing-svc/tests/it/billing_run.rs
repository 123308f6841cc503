//! Billing runs without orders: their life, their guards.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, billing_entity_service_client::BillingEntityServiceClient,
        billing_run_service_client::BillingRunServiceClient,
        number_series_service_client::NumberSeriesServiceClient,
    },
};
use chassis::caller::Grant;
use prost_types::FieldMask;
use tonic::Code;

use crate::{
    invoice::{review, sold},
    order::{order, reference_data, sync},
    reference::{create_account, create_entity, create_series, entity},
    service::{Door, Service, reason},
};

type Client = BillingRunServiceClient<Door>;

fn manager(service: &Service, person: &str) -> Client {
    BillingRunServiceClient::new(service.door(person, Role::BillingManager))
}

async fn start(
    client: &mut Client,
    entity: &pb::BillingEntity,
    id: &str,
) -> Result<pb::BillingRun, tonic::Status> {
    let request = pb::StartBillingRunRequest {
        billing_entity: entity.name.clone(),
        month: "2026-01".into(),
        accounts: vec![],
        request_id: id.into(),
        ..pb::StartBillingRunRequest::default()
    };
    client.start_billing_run(request).await.map(tonic::Response::into_inner)
}

/// Watches a run until it rests.
async fn rest(client: &mut Client, name: &str) -> pb::BillingRun {
    let mut stream = client
        .watch_billing_run(pb::WatchBillingRunRequest { name: name.into() })
        .await
        .unwrap()
        .into_inner();
    let mut last = None;
    while let Some(run) = stream.message().await.unwrap() {
        last = Some(run);
    }
    last.unwrap()
}

fn approve(name: &str, root: &str) -> pb::ApproveBillingRunRequest {
    pb::ApproveBillingRunRequest {
        name: name.into(),
        drafts_root: root.into(),
        request_id: "approve".into(),
        approvers: vec![],
    }
}

fn issue(name: &str, id: &str) -> pb::IssueBillingRunRequest {
    pb::IssueBillingRunRequest { name: name.into(), issue_date: None, request_id: id.into() }
}

#[tokio::test]
async fn an_empty_month_is_reviewed_approved_and_issued() {
    let service = Service::start().await;
    let entity = create_entity(&service, "NYC").await;
    let (mut first, mut second) = (manager(&service, "first"), manager(&service, "second"));
    let started = start(&mut first, &entity, "1").await.unwrap();
    assert_eq!(start(&mut first, &entity, "1").await.unwrap(), started);
    let run = rest(&mut first, &started.name).await;
    assert_eq!(run.state(), pb::BillingRunState::InReview);
    // SHA-256 of nothing: the root of an empty tree.
    assert!(run.drafts_root.starts_with("e3b0c44298fc1c14"));

    let refused = first.approve_billing_run(approve(&run.name, &run.drafts_root)).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "SAME_PERSON"));
    let mut platform = BillingRunServiceClient::new(service.platform_door(Role::BillingManager));
    let refused = platform.approve_billing_run(approve(&run.name, &run.drafts_root)).await.unwrap_err();
    assert_eq!(reason(&refused), "PERSON_REQUIRED");
    let refused = second.approve_billing_run(approve(&run.name, &"00".repeat(32))).await.unwrap_err();
    assert_eq!(reason(&refused), "DRAFTS_CHANGED");
    let refused = second.issue_billing_run(issue(&run.name, "early")).await.unwrap_err();
    assert_eq!(reason(&refused), "RUN_STATE");

    let approved =
        second.approve_billing_run(approve(&run.name, &run.drafts_root)).await.unwrap().into_inner();
    assert_eq!((approved.state(), approved.approved_by.as_str()), (pb::BillingRunState::Approved, "second"));
    let refused = second.issue_billing_run(issue(&run.name, "no-series")).await.unwrap_err();
    assert_eq!(reason(&refused), "NUMBER_SERIES_MISSING");
    create_series(&service, &entity).await;
    second.issue_billing_run(issue(&run.name, "issue")).await.unwrap();
    let issued = rest(&mut first, &run.name).await;
    assert_eq!(issued.state(), pb::BillingRunState::Issued);
    let listed = first.list_billing_runs(pb::ListBillingRunsRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.billing_runs, [issued]);
}

#[tokio::test]
async fn one_open_run_at_a_time_bills_an_account() {
    let service = Service::start().await;
    let entity = create_entity(&service, "NYC").await;
    let mut client = manager(&service, "first");
    let run = start(&mut client, &entity, "1").await.unwrap();
    let refused = start(&mut client, &entity, "2").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "RUN_OPEN"));
    rest(&mut client, &run.name).await;
    let cancel = pb::CancelBillingRunRequest { name: run.name.clone(), request_id: "c".into() };
    let cancelled = client.cancel_billing_run(cancel).await.unwrap().into_inner();
    assert_eq!(cancelled.state(), pb::BillingRunState::Cancelled);
    start(&mut client, &entity, "3").await.unwrap();
}

#[tokio::test]
async fn a_run_of_another_entity_does_not_exist_for_a_limited_manager() {
    let service = Service::start().await;
    let entity = create_entity(&service, "NYC").await;
    let run = start(&mut manager(&service, "first"), &entity, "1").await.unwrap();
    let other = create_entity(&service, "LAX").await;
    let only = other.name.strip_prefix("billingEntities/ent_").unwrap().parse().unwrap();
    let grant =
        Grant { role: Role::BillingManager, entities: vec![only], territories: vec![], accounts: vec![] };
    let mut limited = BillingRunServiceClient::new(service.limited_door("limited", vec![grant]));
    let missing = limited.get_billing_run(pb::GetBillingRunRequest { name: run.name }).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
}

#[tokio::test]
async fn a_name_that_the_font_cannot_print_is_an_exception_before_anything_is_issued() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let mut unprintable = order(&sold, "IO-1001");
    unprintable.advertiser = "株式会社".into();
    sync(&service, vec![unprintable], "orders").await.unwrap();
    let run = review(&service, &sold, "2026-01", "1").await;
    let progress = run.progress.unwrap();
    assert_eq!((progress.exceptions, progress.drafts, progress.drafts_waiting), (1, 1, 1));
    assert_eq!(run.totals[0].net_waiting, run.totals[0].net);
    let mut client = manager(&service, "first");
    let request =
        pb::ListBillingExceptionsRequest { parent: run.name, ..pb::ListBillingExceptionsRequest::default() };
    let listed = client.list_billing_exceptions(request).await.unwrap().into_inner();
    let [exception] = listed.exceptions.as_slice() else { panic!("{listed:?}") };
    assert_eq!(
        (exception.reason.as_str(), exception.severity()),
        ("GLYPH_MISSING", pb::ExceptionSeverity::Block)
    );
    assert!(exception.message.contains("株"), "{}", exception.message);
}

#[tokio::test]
async fn a_run_goes_on_when_the_service_comes_back() {
    let mut service = Service::start().await;
    let entity = create_entity(&service, "NYC").await;
    let run = start(&mut manager(&service, "first"), &entity, "1").await.unwrap();
    service.restart().await;
    let run = rest(&mut manager(&service, "first"), &run.name).await;
    assert_eq!(run.state(), pb::BillingRunState::InReview);
}

/// A manager whose key is limited to one account.
fn limited(service: &Service, account: &str) -> Door {
    let account = account.strip_prefix("accounts/acc_").unwrap().parse().unwrap();
    let grant = |role| Grant { role, entities: vec![], territories: vec![], accounts: vec![account] };
    service.limited_door("limited", vec![grant(Role::BillingManager), grant(Role::Controller)])
}

#[tokio::test]
async fn a_run_over_more_than_a_key_may_see_does_not_exist_for_it() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let other = create_account(&service, "AG-2", "WEST").await;
    let run = review(&service, &sold, "2026-01", "1").await;
    let mut client = BillingRunServiceClient::new(limited(&service, &other.name));
    let name = run.name.clone();
    let missing = client.get_billing_run(pb::GetBillingRunRequest { name: name.clone() }).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    let listed = client.list_billing_runs(pb::ListBillingRunsRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.billing_runs, []);
    assert_eq!(client.approve_billing_run(approve(&name, "")).await.unwrap_err().code(), Code::NotFound);
    let cancel = pb::CancelBillingRunRequest { name, request_id: "c".into() };
    assert_eq!(client.cancel_billing_run(cancel).await.unwrap_err().code(), Code::NotFound);
    let entity = pb::BillingEntity { name: sold.entity.clone(), ..entity("NYC") };
    let refused = start(&mut client, &entity, "2").await.unwrap_err();
    assert_eq!(reason(&refused), "NOTHING_TO_BILL");
}

#[tokio::test]
async fn a_limited_key_bills_its_own_accounts_and_changes_nothing_of_the_entity() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let mut client = BillingRunServiceClient::new(limited(&service, &sold.account));
    let entity = pb::BillingEntity { name: sold.entity.clone(), ..entity("NYC") };
    let run = start(&mut client, &entity, "1").await.unwrap();
    assert_eq!(run.accounts, std::slice::from_ref(&sold.account));
    assert_eq!(rest(&mut client, &run.name).await.totals[0].gross.as_ref().unwrap().amount, "3883.34");
    let mut entities = BillingEntityServiceClient::new(limited(&service, &sold.account));
    let update = pb::UpdateBillingEntityRequest {
        billing_entity: Some(pb::BillingEntity { legal_name: "Mine".into(), ..entity }),
        update_mask: Some(FieldMask { paths: vec!["legal_name".into()] }),
        request_id: "1".into(),
    };
    assert_eq!(reason(&entities.update_billing_entity(update).await.unwrap_err()), "SCOPE_LIMITED");
}

#[tokio::test]
async fn a_month_that_has_not_begun_is_not_billed() {
    let service = Service::start().await;
    let entity = create_entity(&service, "NYC").await;
    let request = pb::StartBillingRunRequest {
        billing_entity: entity.name,
        month: "2026-05".into(),
        accounts: vec![],
        request_id: "1".into(),
        ..pb::StartBillingRunRequest::default()
    };
    let refused = manager(&service, "first").start_billing_run(request).await.unwrap_err();
    assert_eq!(reason(&refused), "MONTH_IN_FUTURE");
}

#[tokio::test]
async fn a_series_has_its_own_prefix_and_numbers_for_the_whole_run() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let mut client = NumberSeriesServiceClient::new(service.door("controller_1", Role::Controller));
    let series = |registration: &str, prefix: &str, id: &str| pb::CreateNumberSeriesRequest {
        parent: sold.entity.clone(),
        number_series: Some(pb::NumberSeries {
            tax_registration: registration.into(),
            document_kind: pb::DocumentKind::Invoice.into(),
            year_basis: pb::YearBasis::Calendar.into(),
            prefix: prefix.into(),
            width: 1,
            start: 9,
            ..pb::NumberSeries::default()
        }),
        request_id: id.into(),
    };
    client.create_number_series(series("", "A", "1")).await.unwrap();
    let refused = client.create_number_series(series("US EIN 1", "A", "2")).await.unwrap_err();
    assert_eq!(reason(&refused), "CODE_TAKEN");

    sync(&service, vec![order(&sold, "IO-1001"), order(&sold, "IO-1002")], "orders").await.unwrap();
    let run = review(&service, &sold, "2026-01", "run").await;
    let mut second = manager(&service, "second");
    second.approve_billing_run(approve(&run.name, "")).await.unwrap();
    let refused = second.issue_billing_run(issue(&run.name, "issue")).await.unwrap_err();
    assert_eq!(reason(&refused), "SERIES_EXHAUSTED");
}
