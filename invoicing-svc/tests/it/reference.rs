//! Reference data: made, read, listed, changed.

use billing_proto::{
    billing::{
        access::v1::Role,
        invoicing::v1::{
            self as pb, account_service_client::AccountServiceClient,
            ad_product_service_client::AdProductServiceClient,
            billing_entity_service_client::BillingEntityServiceClient,
            number_series_service_client::NumberSeriesServiceClient,
        },
    },
    google::r#type::Date,
};
use chassis::caller::Grant;
use prost_types::FieldMask;
use tonic::Code;

use crate::service::{Service, reason};

pub fn entity(code: &str) -> pb::BillingEntity {
    pb::BillingEntity {
        code: code.into(),
        legal_name: "Hudson Broadcasting, Inc.".into(),
        address: Some(address()),
        tax_registrations: vec!["US EIN 12-3456789".into()],
        functional_currency: "USD".into(),
        time_zone: "America/New_York".into(),
        gl_codes: Some(pb::GeneralLedgerCodes {
            receivables: "1200".into(),
            agency_commission: "4900".into(),
            tax_payable: "2200".into(),
        }),
        ..pb::BillingEntity::default()
    }
}

fn address() -> pb::PostalAddress {
    pb::PostalAddress {
        lines: vec!["1 Broadway".into()],
        city: "New York".into(),
        region: "NY".into(),
        postal_code: "10004".into(),
        country: "US".into(),
    }
}

pub fn account(code: &str, territory: &str) -> pb::Account {
    pb::Account {
        code: code.into(),
        kind: pb::AccountKind::Agency.into(),
        legal_name: "Riverside Media".into(),
        address: Some(address()),
        currency_code: "USD".into(),
        commission_percent: "15".into(),
        payment_terms_days: 30,
        territory: territory.into(),
        ..pb::Account::default()
    }
}

pub fn product(code: &str, model: pb::PricingModel) -> pb::AdProduct {
    pb::AdProduct {
        code: code.into(),
        display_name: code.into(),
        format: "TV_SPOT".into(),
        pricing_model: model.into(),
        invoice_text: "Television advertising".into(),
        gl_revenue: "4000".into(),
        effective_from: Some(Date { year: 2020, month: 1, day: 1 }),
        state: pb::AdProductState::Live.into(),
        ..pb::AdProduct::default()
    }
}

pub async fn create_entity(service: &Service, code: &str) -> pb::BillingEntity {
    let mut client = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    let request = pb::CreateBillingEntityRequest {
        billing_entity: Some(entity(code)),
        request_id: format!("e-{code}"),
    };
    client.create_billing_entity(request).await.unwrap().into_inner()
}

pub async fn create_series(service: &Service, entity: &pb::BillingEntity) -> pb::NumberSeries {
    let mut client = NumberSeriesServiceClient::new(service.door("controller_1", Role::Controller));
    let series = pb::NumberSeries {
        document_kind: pb::DocumentKind::Invoice.into(),
        year_basis: pb::YearBasis::Calendar.into(),
        width: 6,
        ..pb::NumberSeries::default()
    };
    let request = pb::CreateNumberSeriesRequest {
        parent: entity.name.clone(),
        number_series: Some(series),
        request_id: format!("s-{}", entity.code),
    };
    client.create_number_series(request).await.unwrap().into_inner()
}

/// Numbers of another kind of document.
pub async fn create_series_of(service: &Service, entity: &str, kind: pb::DocumentKind, prefix: &str) {
    let mut client = NumberSeriesServiceClient::new(service.door("controller_1", Role::Controller));
    let series = pb::NumberSeries {
        document_kind: kind.into(),
        year_basis: pb::YearBasis::Calendar.into(),
        prefix: prefix.into(),
        width: 4,
        ..pb::NumberSeries::default()
    };
    let (parent, request_id) = (entity.into(), format!("series-{prefix}"));
    let request = pb::CreateNumberSeriesRequest { parent, number_series: Some(series), request_id };
    client.create_number_series(request).await.unwrap();
}

pub async fn create_account(service: &Service, code: &str, territory: &str) -> pb::Account {
    let mut client = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let request =
        pb::CreateAccountRequest { account: Some(account(code, territory)), request_id: format!("a-{code}") };
    client.create_account(request).await.unwrap().into_inner()
}

pub async fn create_product(service: &Service, code: &str, model: pb::PricingModel) -> pb::AdProduct {
    let mut client = AdProductServiceClient::new(service.door("product_ops_1", Role::ProductOps));
    let request = pb::CreateAdProductRequest {
        ad_product: Some(product(code, model)),
        request_id: format!("p-{code}"),
    };
    client.create_ad_product(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn what_is_made_is_read_back_and_listed() {
    let service = Service::start().await;
    let made = create_entity(&service, "NYC").await;
    assert_eq!(made.etag, "r1");
    assert_eq!(made.rounding(), pb::Rounding::HalfAwayFromZero);
    let mut client = BillingEntityServiceClient::new(service.door("auditor_1", Role::Auditor));
    let read =
        client.get_billing_entity(pb::GetBillingEntityRequest { name: made.name.clone() }).await.unwrap();
    assert_eq!(read.into_inner(), made);
    create_entity(&service, "LAX").await;
    let first = pb::ListBillingEntitiesRequest { page_size: 1, page_token: String::new() };
    let first = client.list_billing_entities(first).await.unwrap().into_inner();
    assert_eq!(first.billing_entities, [made]);
    let next = pb::ListBillingEntitiesRequest { page_size: 1, page_token: first.next_page_token };
    let next = client.list_billing_entities(next).await.unwrap().into_inner();
    assert_eq!((next.billing_entities.len(), next.next_page_token.as_str()), (1, ""));

    let series = create_series(&service, &next.billing_entities[0]).await;
    assert_eq!((series.start, series.years.len()), (1, 0));
    let account = create_account(&service, "AG-1", "EAST").await;
    assert_eq!(account.commission_percent, "15");
    let product = create_product(&service, "SPOT", pb::PricingModel::PerSpot).await;
    assert_eq!(product.state(), pb::AdProductState::Live);
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_another_body_is_refused() {
    let service = Service::start().await;
    let made = create_entity(&service, "NYC").await;
    assert_eq!(create_entity(&service, "NYC").await, made);
    let mut client = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    let request =
        pb::CreateBillingEntityRequest { billing_entity: Some(entity("BOS")), request_id: "e-NYC".into() };
    let refused = client.create_billing_entity(request).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REQUEST_ID_REUSED"));
    let request =
        pb::CreateBillingEntityRequest { billing_entity: Some(entity("NYC")), request_id: "other".into() };
    let refused = client.create_billing_entity(request).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::AlreadyExists, "CODE_TAKEN"));
}

#[tokio::test]
async fn an_update_names_its_fields_and_what_it_saw() {
    let service = Service::start().await;
    let made = create_account(&service, "AG-1", "EAST").await;
    let mut client = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let update = |etag: &str, paths: &[&str], id: &str| pb::UpdateAccountRequest {
        account: Some(pb::Account { etag: etag.into(), payment_terms_days: 45, ..made.clone() }),
        update_mask: Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }),
        request_id: id.into(),
    };
    let changed =
        client.update_account(update("r1", &["payment_terms_days"], "1")).await.unwrap().into_inner();
    assert_eq!((changed.etag.as_str(), changed.payment_terms_days), ("r2", 45));
    let stale = client.update_account(update("r1", &["payment_terms_days"], "2")).await.unwrap_err();
    assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
    let fixed = client.update_account(update("r2", &["code"], "3")).await.unwrap_err();
    assert_eq!((fixed.code(), reason(&fixed).as_str()), (Code::InvalidArgument, "MALFORMED"));
}

#[tokio::test]
async fn what_is_outside_a_grant_does_not_exist() {
    let service = Service::start().await;
    let east = create_account(&service, "AG-1", "EAST").await;
    let west = create_account(&service, "AG-2", "WEST").await;
    let grant =
        Grant { role: Role::Sales, entities: vec![], territories: vec!["EAST".into()], accounts: vec![] };
    let mut client = AccountServiceClient::new(service.limited_door("sales_1", vec![grant]));
    let listed = client.list_accounts(pb::ListAccountsRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.accounts, [east]);
    let missing = client.get_account(pb::GetAccountRequest { name: west.name }).await.unwrap_err();
    assert_eq!((missing.code(), reason(&missing).as_str()), (Code::NotFound, "NOT_FOUND"));
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let service = Service::start().await;
    let mut client = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    let wrong = pb::BillingEntity {
        code: "nyc".into(),
        functional_currency: "XYZ".into(),
        time_zone: "Mars/Olympus".into(),
        legal_name: "a\0b".into(),
        ..entity("X")
    };
    let request = pb::CreateBillingEntityRequest { billing_entity: Some(wrong), request_id: "1".into() };
    let refused = client.create_billing_entity(request).await.unwrap_err();
    let fields: Vec<_> = {
        use tonic_types::StatusExt;
        refused.get_details_bad_request().unwrap().field_violations.into_iter().map(|v| v.field).collect()
    };
    let expected =
        ["code", "legal_name", "functional_currency", "time_zone"].map(|f| format!("billing_entity.{f}"));
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn a_retired_product_stays_retired() {
    let service = Service::start().await;
    let made = create_product(&service, "SPOT", pb::PricingModel::PerSpot).await;
    let mut client = AdProductServiceClient::new(service.door("product_ops_1", Role::ProductOps));
    let set = |state: pb::AdProductState, id: &str| pb::UpdateAdProductRequest {
        ad_product: Some(pb::AdProduct {
            name: made.name.clone(),
            state: state.into(),
            ..pb::AdProduct::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["state".into()] }),
        request_id: id.into(),
    };
    client.update_ad_product(set(pb::AdProductState::Retired, "1")).await.unwrap();
    let refused = client.update_ad_product(set(pb::AdProductState::Live, "2")).await.unwrap_err();
    assert_eq!(reason(&refused), "PRODUCT_RETIRED");
}
