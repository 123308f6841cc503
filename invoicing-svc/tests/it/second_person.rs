//! What money follows is changed by its approval, where approvals are configured, and by nobody else.

use std::collections::BTreeSet;

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient,
        accounting_period_service_client::AccountingPeriodServiceClient,
        ad_credit_service_client::AdCreditServiceClient, ad_product_service_client::AdProductServiceClient,
        agreement_service_client::AgreementServiceClient,
        billing_entity_service_client::BillingEntityServiceClient,
        billing_exception_service_client::BillingExceptionServiceClient,
        makegood_service_client::MakegoodServiceClient, rate_card_service_client::RateCardServiceClient,
        tax_service_client::TaxServiceClient,
    },
};
use chassis::allow::Method;
use prost_types::FieldMask;
use tonic::{Code, Response, Status};

use crate::{
    invoice::sold,
    order::day,
    reference::{create_account, create_product},
    service::{Door, Service, reason},
    tax::rate,
};

/// Those that need a second person only where they change what exists.
const NEW_IS_FREE: [&str; 3] = [
    "/billing.invoicing.v1.RateCardService/CreateRateCard",
    "/billing.invoicing.v1.TaxService/CreateTaxRate",
    "/billing.invoicing.v1.TaxService/ImportTaxRates",
];

fn person(service: &Service) -> Door {
    service.door("controller_1", Role::Controller)
}

fn approval(service: &Service) -> Door {
    service.service_door("adjustments", Role::Controller)
}

/// Why somebody is told no, by reason and code.
fn no<T: std::fmt::Debug>(answer: Result<T, Status>) -> (String, Code) {
    let refused = answer.unwrap_err();
    (reason(&refused), refused.code())
}

fn needs_approval() -> (String, Code) {
    ("APPROVAL_REQUIRED".to_owned(), Code::PermissionDenied)
}

fn terms(account: &str, days: i32, request_id: &str) -> pb::UpdateAccountRequest {
    pb::UpdateAccountRequest {
        account: Some(pb::Account {
            name: account.into(),
            payment_terms_days: days,
            ..pb::Account::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["payment_terms_days".into()] }),
        request_id: request_id.into(),
    }
}

/// Called by a person with an empty message, each says first that it needs an approval.
#[tokio::test]
async fn every_method_that_needs_a_second_person_is_closed_to_one_person() {
    let service = Service::start_with_approvals().await;
    let door = person(&service);
    macro_rules! told {
        ($( $name:literal: $client:ident.$method:ident($request:ident) ),* $(,)?) => { [$( (
            concat!("/billing.invoicing.v1.", $name),
            $client::new(door.clone()).$method(pb::$request::default()).await.map(Response::into_inner).unwrap_err(),
        ) ),*] };
    }
    let told = told!(
        "AccountService/UpdateAccount": AccountServiceClient.update_account(UpdateAccountRequest),
        "AccountingPeriodService/ReopenAccountingPeriod":
            AccountingPeriodServiceClient.reopen_accounting_period(ReopenAccountingPeriodRequest),
        "AdCreditService/CreateAdCredit": AdCreditServiceClient.create_ad_credit(CreateAdCreditRequest),
        "AdCreditService/UpdateAdCredit": AdCreditServiceClient.update_ad_credit(UpdateAdCreditRequest),
        "AdProductService/UpdateAdProduct": AdProductServiceClient.update_ad_product(UpdateAdProductRequest),
        "AgreementService/UpdateAgreement": AgreementServiceClient.update_agreement(UpdateAgreementRequest),
        "BillingEntityService/UpdateBillingEntity":
            BillingEntityServiceClient.update_billing_entity(UpdateBillingEntityRequest),
        "BillingExceptionService/ChangeCheckSetting":
            BillingExceptionServiceClient.change_check_setting(ChangeCheckSettingRequest),
        "MakegoodService/ReleaseMakegoodObligation":
            MakegoodServiceClient.release_makegood_obligation(ReleaseMakegoodObligationRequest),
        "RateCardService/UpdateRateCard": RateCardServiceClient.update_rate_card(UpdateRateCardRequest),
        "TaxService/UpdateTaxRate": TaxServiceClient.update_tax_rate(UpdateTaxRateRequest),
    );
    for (method, refused) in &told {
        assert_eq!((reason(refused), refused.code()), needs_approval(), "{method}");
        let way =
            format!("{method} goes through approvals here: propose it with ProposeChange, POST /v1/changes;");
        assert!(refused.message().starts_with(&way), "{}", refused.message());
    }
    let tried: BTreeSet<&str> = told.iter().map(|(method, _)| *method).chain(NEW_IS_FREE).collect();
    let needed: BTreeSet<&str> = Method::of_two().map(Method::path).collect();
    assert_eq!(tried, needed, "the contracts say which");
}

#[tokio::test]
async fn an_account_is_opened_by_one_and_changed_by_an_approval() {
    let service = Service::start_with_approvals().await;
    let account = create_account(&service, "AG-1", "EAST").await;
    let mut controller = AccountServiceClient::new(person(&service));
    let refused = controller.update_account(terms(&account.name, 60, "direct")).await.unwrap_err();
    assert_eq!(reason(&refused), "APPROVAL_REQUIRED");
    assert!(refused.message().starts_with(&account.name), "{}", refused.message());
    // Another service, and a person who goes by the name of the trusted one.
    for door in
        [service.service_door("controls", Role::Controller), service.door("adjustments", Role::Controller)]
    {
        let answer = AccountServiceClient::new(door).update_account(terms(&account.name, 60, "other")).await;
        assert_eq!(no(answer), needs_approval());
    }
    let mut approved = AccountServiceClient::new(approval(&service));
    let changed = approved.update_account(terms(&account.name, 60, "apr_1")).await.unwrap().into_inner();
    assert_eq!(changed.payment_terms_days, 60);
    let again = approved.update_account(terms(&account.name, 60, "apr_1")).await.unwrap().into_inner();
    assert_eq!(again, changed, "the same approval changes it once");
}

#[tokio::test]
async fn the_first_tax_rate_is_free_and_the_next_is_not() {
    let service = Service::start_with_approvals().await;
    let create = |door: Door, rate: pb::TaxRate, id: &'static str| async move {
        let request = pb::CreateTaxRateRequest { tax_rate: Some(rate), request_id: id.into() };
        TaxServiceClient::new(door).create_tax_rate(request).await.map(Response::into_inner)
    };
    let import = |door: Door, row: &'static str, id: &'static str| async move {
        let csv = format!("place,tax_code,category,percent,valid_from\n{row}\n");
        let request = pb::ImportTaxRatesRequest { csv, request_id: id.into() };
        TaxServiceClient::new(door).import_tax_rates(request).await.map(Response::into_inner)
    };
    create(person(&service), rate("GB", "20", "2020-01-01", Some("2026-12-31")), "1").await.unwrap();
    create(person(&service), rate("FR", "20", "2020-01-01", Some("2029-12-31")), "2").await.unwrap();
    let next = rate("GB", "5", "2027-01-01", None);
    assert_eq!(no(create(person(&service), next.clone(), "3").await), needs_approval());
    create(approval(&service), next, "apr_1").await.unwrap();

    import(person(&service), "DE,ADS,S,19,2021-01-01", "4").await.unwrap();
    let same = import(person(&service), "DE,ADS,S,19,2021-01-01", "5").await.unwrap();
    assert_eq!(same.unchanged, 1, "what is as it was changes nothing");
    for (id, row) in [("6", "DE,ADS,S,7,2021-01-01"), ("7", "FR,ADS,S,7,2030-01-01")] {
        assert_eq!(no(import(person(&service), row, id).await), needs_approval(), "{row}");
    }
    let updated = import(approval(&service), "DE,ADS,S,7,2021-01-01", "apr_2").await.unwrap();
    assert_eq!(updated.updated, 1);
}

#[tokio::test]
async fn the_first_card_of_a_product_is_free_and_the_next_is_not() {
    let service = Service::start_with_approvals().await;
    let product = create_product(&service, "SPOT", pb::PricingModel::PerSpot).await;
    let create = |door: Door, market: &'static str, id: &'static str| {
        let card = pb::RateCard {
            ad_product: product.name.clone(),
            market: market.into(),
            currency_code: "USD".into(),
            list_price: "100".into(),
            valid_from: Some(day("2026-01-01")),
            ..pb::RateCard::default()
        };
        let request = pb::CreateRateCardRequest { rate_card: Some(card), request_id: id.into() };
        async move { RateCardServiceClient::new(door).create_rate_card(request).await.map(Response::into_inner) }
    };
    create(person(&service), "", "1").await.unwrap();
    assert_eq!(
        no(create(person(&service), "EAST", "2").await),
        needs_approval(),
        "it takes the place of the list"
    );
    create(approval(&service), "EAST", "apr_1").await.unwrap();
}

#[tokio::test]
async fn a_period_is_closed_by_one_and_opened_again_by_an_approval() {
    let service = Service::start_with_approvals().await;
    let name = format!("{}/accountingPeriods/2026-04", sold(&service).await.entity);
    let close = pb::SoftCloseAccountingPeriodRequest { name: name.clone(), request_id: "1".into() };
    let mut closer = AccountingPeriodServiceClient::new(person(&service));
    closer.soft_close_accounting_period(close).await.unwrap();
    let reopen = |door: Door, id: &'static str| {
        let reason = "a late invoice".into();
        let request = pb::ReopenAccountingPeriodRequest { name: name.clone(), reason, request_id: id.into() };
        async move {
            let mut client = AccountingPeriodServiceClient::new(door);
            client.reopen_accounting_period(request).await.map(Response::into_inner)
        }
    };
    let other = service.door("controller_2", Role::Controller);
    assert_eq!(no(reopen(other, "2").await), needs_approval());
    let opened = reopen(approval(&service), "apr_1").await.unwrap();
    assert_eq!(opened.state(), pb::AccountingPeriodState::Open);
}
