//! What money follows is changed by two: one proposes the call, another approves it, and it is made once.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1 as adj,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient,
        accounting_period_service_client::AccountingPeriodServiceClient,
        ad_credit_service_client::AdCreditServiceClient,
        billing_entity_service_client::BillingEntityServiceClient,
        makegood_service_client::MakegoodServiceClient, tax_service_client::TaxServiceClient,
    },
};
use chassis::caller::Grant;
use jiff::SignedDuration;
use prost_reflect::prost::Message;
use prost_types::{Any, FieldMask};
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep};
use tonic::{Code, Status};

use super::{
    house::{House, amount},
    line::State,
    reference::vat,
    spots::{missed, obligations},
};
use crate::suite::{day, reason};

const PATIENCE: Duration = Duration::from_secs(60);

/// The request of a method of invoicing, as it is proposed.
fn proposal((method, request): (&str, &impl Message), id: &str) -> adj::ProposeChangeRequest {
    let type_url = format!("type.googleapis.com/billing.invoicing.v1.{method}Request");
    let change = adj::Change {
        request: Some(Any { type_url, value: request.encode_to_vec() }),
        reason: "As agreed on the phone".into(),
        ..adj::Change::default()
    };
    adj::ProposeChangeRequest { change: Some(change), request_id: id.into() }
}

/// What a billing manager proposes.
pub async fn propose(
    house: &House,
    person: &str,
    (method, request): (&str, &impl Message),
) -> Result<adj::Change> {
    let mut manager = house.changing(person, Role::BillingManager)?;
    Ok(manager.propose_change(proposal((method, request), method)).await?.into_inner())
}

async fn approve_as(
    house: &House,
    change: &adj::Change,
    (person, role): (&str, Role),
) -> Result<adj::Approval, Status> {
    let client = house.approving(person, role);
    let mut client = client.map_err(|error| Status::internal(error.to_string()))?;
    let request = adj::ApproveRequest {
        name: change.approval.clone(),
        subject_digest: change.digest.clone(),
        comment: String::new(),
        request_id: format!("{person}-{}", change.approval),
    };
    Ok(client.approve(request).await?.into_inner())
}

/// A controller approves what is proposed.
pub async fn approve(house: &House, change: &adj::Change, controller: &str) -> Result<()> {
    approve_as(house, change, (controller, Role::Controller)).await?;
    Ok(())
}

/// Time goes on until the change is in a state.
async fn until(house: &House, change: &adj::Change, state: adj::ChangeState) -> Result<adj::Change> {
    let since = Instant::now();
    loop {
        let request = adj::GetChangeRequest { name: change.name.clone() };
        let now = house.changing("auditor", Role::Auditor)?.get_change(request).await?.into_inner();
        if now.state() == state {
            return Ok(now);
        }
        ensure!(since.elapsed() < PATIENCE, "we wait in vain: {now:?}");
        house.clock.advance(SignedDuration::from_millis(500));
        sleep(Duration::from_millis(20)).await;
    }
}

async fn account(house: &House) -> Result<pb::Account> {
    let request = pb::GetAccountRequest { name: house.account.clone() };
    let mut auditor = AccountServiceClient::new(house.billing("auditor", Role::Auditor)?);
    Ok(auditor.get_account(request).await?.into_inner())
}

/// Payment terms of the account, as it was seen.
fn terms(account: &pb::Account, days: i32) -> pb::UpdateAccountRequest {
    let (name, etag) = (account.name.clone(), account.etag.clone());
    pb::UpdateAccountRequest {
        account: Some(pb::Account { name, etag, payment_terms_days: days, ..pb::Account::default() }),
        update_mask: Some(FieldMask { paths: vec!["payment_terms_days".into()] }),
        request_id: String::new(),
    }
}

#[tokio::test]
async fn two_people_change_a_payment_term_and_one_does_not() -> Result<()> {
    let house = House::open().await?;
    let seen = account(&house).await?;
    assert_eq!(seen.payment_terms_days, 30);
    let direct = pb::UpdateAccountRequest { request_id: "direct".into(), ..terms(&seen, 60) };
    let mut controller = AccountServiceClient::new(house.billing("manager", Role::Controller)?);
    let refused = controller.update_account(direct).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "APPROVAL_REQUIRED"));
    assert!(refused.message().contains("ProposeChange, POST /v1/changes"), "{}", refused.message());

    let change = propose(&house, "manager", ("UpdateAccount", &terms(&seen, 60))).await?;
    assert_eq!(change.state(), adj::ChangeState::Submitted);
    assert_eq!(change.resource, house.account);
    assert_eq!(change.method, "/billing.invoicing.v1.AccountService/UpdateAccount");
    assert_eq!(propose(&house, "manager", ("UpdateAccount", &terms(&seen, 60))).await?, change, "once");
    let approval = house.approval(&change.approval).await?;
    assert_eq!(approval.subject_kind(), adj::SubjectKind::MasterData);
    assert_eq!((&approval.subject, &approval.subject_digest), (&change.name, &change.digest));
    assert_eq!(approval.account, house.account);

    for (person, role, why) in
        [("manager", Role::Controller, "SELF_APPROVAL"), ("other_manager", Role::BillingManager, "NOT_ASKED")]
    {
        let refused = approve_as(&house, &change, (person, role)).await.unwrap_err();
        assert_eq!(reason(&refused), why, "{person}: {}", refused.message());
    }
    assert_eq!(account(&house).await?, seen);
    approve(&house, &change, "controller").await?;
    let done = until(&house, &change, adj::ChangeState::Executed).await?;
    assert_eq!(account(&house).await?.payment_terms_days, 60);
    assert_eq!(house.approval(&done.approval).await?.state(), adj::ApprovalState::Executed);

    let request = adj::ListChangesRequest { resource: house.account.clone(), ..Default::default() };
    let listed = house.changing("auditor", Role::Auditor)?.list_changes(request).await?.into_inner();
    assert_eq!(listed.changes, [done]);
    Ok(())
}

#[tokio::test]
async fn adjustments_dies_after_invoicing_has_made_the_change() -> Result<()> {
    let mut house = House::open().await?;
    let seen = account(&house).await?;
    let change = propose(&house, "manager", ("UpdateAccount", &terms(&seen, 60))).await?;
    house.line.is(State::Deaf);
    approve(&house, &change, "controller").await?;
    let since = Instant::now();
    while account(&house).await?.payment_terms_days != 60 {
        ensure!(since.elapsed() < PATIENCE, "nothing is changed");
        sleep(Duration::from_millis(10)).await;
    }
    house.line.is(State::Cut);
    house.adjustments_dies().await;
    house.line.is(State::Open);
    house.adjustments_starts().await?;
    until(&house, &change, adj::ChangeState::Executed).await?;
    let mut database = PgConnection::connect(house.database.url()).await?;
    let said = "select count(*) from invoicing.outbox where type = 'billing.invoicing.v1.account.updated'";
    assert_eq!(sqlx::query_scalar::<_, i64>(said).fetch_one(&mut database).await?, 1);
    Ok(())
}

#[tokio::test]
async fn what_was_changed_since_it_was_seen_is_void_and_says_so() -> Result<()> {
    let house = House::open().await?;
    let seen = account(&house).await?;
    let change = propose(&house, "manager", ("UpdateAccount", &terms(&seen, 60))).await?;
    let between = pb::UpdateAccountRequest { request_id: "apr_0".into(), ..terms(&seen, 45) };
    AccountServiceClient::new(house.trusted()?).update_account(between).await?;
    approve(&house, &change, "controller").await?;
    let void = until(&house, &change, adj::ChangeState::Voided).await?;
    assert!(void.delay.contains("has changed since it was read as"), "{}", void.delay);
    let approval = house.approval(&change.approval).await?;
    assert_eq!((approval.state(), &approval.void_reason), (adj::ApprovalState::Voided, &void.delay));
    assert_eq!(account(&house).await?.payment_terms_days, 45);
    Ok(())
}

#[tokio::test]
async fn what_invoicing_does_not_answer_is_tried_again() -> Result<()> {
    let house = House::open().await?;
    let change = propose(&house, "manager", ("UpdateAccount", &terms(&account(&house).await?, 60))).await?;
    house.line.is(State::Cut);
    approve(&house, &change, "controller").await?;
    let since = Instant::now();
    let mut auditor = house.changing("auditor", Role::Auditor)?;
    loop {
        let request = adj::GetChangeRequest { name: change.name.clone() };
        let now = auditor.get_change(request).await?.into_inner();
        if !now.delay.is_empty() {
            assert_eq!(now.state(), adj::ChangeState::Approved);
            break;
        }
        ensure!(since.elapsed() < PATIENCE, "nothing is tried");
        sleep(Duration::from_millis(10)).await;
    }
    house.line.is(State::Open);
    until(&house, &change, adj::ChangeState::Executed).await?;
    Ok(())
}

#[tokio::test]
async fn nobody_proposes_what_they_may_not_do_themselves() -> Result<()> {
    let house = House::open().await?;
    let request = proposal(("UpdateAccount", &terms(&account(&house).await?, 60)), "one");
    let refused =
        house.changing("product_ops", Role::ProductOps)?.propose_change(request.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "ROLE_MISSING");
    let elsewhere = house.open_account("AG-2").await?;
    let id = elsewhere.strip_prefix("accounts/acc_").context("an account")?.parse()?;
    // Whoever may change another account only, and may look at all of them.
    let grant = |role, accounts| Grant { role, entities: vec![], territories: vec![], accounts };
    let grants = vec![grant(Role::BillingManager, vec![id]), grant(Role::Auditor, vec![])];
    let refused = house.changing_with("limited", grants)?.propose_change(request).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "INVOICING_REFUSED"));
    Ok(())
}

#[tokio::test]
async fn an_ad_credit_is_granted_by_two() -> Result<()> {
    let house = House::open().await?;
    let credit = pb::AdCredit {
        billing_entity: house.entity.clone(),
        ad_product: house.product.clone(),
        amount: Some(pb::Money { currency_code: "GBP".into(), amount: "250.00".into() }),
        grant_date: Some(day("2026-04-01")?),
        expire_date: Some(day("2026-12-31")?),
        reason: "Welcome".into(),
        ..pb::AdCredit::default()
    };
    let request_id = String::new();
    let grant =
        pb::CreateAdCreditRequest { parent: house.account.clone(), ad_credit: Some(credit), request_id };
    let change = propose(&house, "manager", ("CreateAdCredit", &grant)).await?;
    assert_eq!((&change.resource, change.subject_kind()), (&house.account, adj::SubjectKind::MasterData));
    assert_eq!(
        house.approval(&change.approval).await?.account,
        house.account,
        "it is seen by who may see the account"
    );
    approve(&house, &change, "controller").await?;
    until(&house, &change, adj::ChangeState::Executed).await?;
    let mut auditor = AdCreditServiceClient::new(house.billing("auditor", Role::Auditor)?);
    let request = pb::ListAdCreditsRequest { parent: house.account.clone(), ..Default::default() };
    let granted = auditor.list_ad_credits(request).await?.into_inner().ad_credits;
    let amounts: Vec<&str> = granted.iter().map(|credit| amount(&credit.amount)).collect();
    assert_eq!(amounts, ["250.00"]);
    Ok(())
}

/// What was never billed has no document that an adjustment could name.
#[tokio::test]
async fn two_people_let_go_what_is_owed_for_a_spot_that_was_never_billed() -> Result<()> {
    let house = House::open().await?;
    missed(&house).await?;
    let owed = obligations(&house).await?.pop().context("it is owed")?;
    assert_eq!((owed.state(), amount(&owed.left)), (pb::MakegoodState::Open, "130.00"));
    let release = pb::ReleaseMakegoodObligationRequest {
        name: owed.name.clone(),
        left: owed.left.clone(),
        reason: "The agency waives it".into(),
        request_id: String::new(),
    };
    let direct = pb::ReleaseMakegoodObligationRequest { request_id: "direct".into(), ..release.clone() };
    let mut manager = MakegoodServiceClient::new(house.billing("manager", Role::BillingManager)?);
    let refused = manager.release_makegood_obligation(direct).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "APPROVAL_REQUIRED"));
    assert!(refused.message().contains("ProposeChange, POST /v1/changes"), "{}", refused.message());

    let change = propose(&house, "manager", ("ReleaseMakegoodObligation", &release)).await?;
    assert_eq!((&change.resource, change.subject_kind()), (&owed.name, adj::SubjectKind::MasterData));
    assert_eq!(
        house.approval(&change.approval).await?.account,
        house.account,
        "it is seen by who may see the account"
    );
    let own = approve_as(&house, &change, ("manager", Role::Controller)).await.unwrap_err();
    assert_eq!(reason(&own), "SELF_APPROVAL");
    assert_eq!(obligations(&house).await?, [owed], "nothing is done before it is approved");
    approve(&house, &change, "controller").await?;
    until(&house, &change, adj::ChangeState::Executed).await?;
    let released = obligations(&house).await?.pop().context("it was owed")?;
    assert_eq!((released.state(), amount(&released.left)), (pb::MakegoodState::Released, "0.00"));
    assert_eq!(released.release_approval, change.approval.replace("approvals/", ""));
    Ok(())
}

/// Nobody hears of purchase orders that are used up.
fn silent(house: &House) -> pb::ChangeCheckSettingRequest {
    pb::ChangeCheckSettingRequest {
        parent: house.entity.clone(),
        reason: "PURCHASE_ORDER_USED_UP".into(),
        severity: pb::CheckSeverity::Off.into(),
        request_id: String::new(),
    }
}

#[tokio::test]
async fn a_bank_account_a_tax_rate_a_check_and_a_closed_period_change_by_two() -> Result<()> {
    let house = House::open().await?;
    let bank_account = Some(pb::BankAccount {
        account_name: "Thames Broadcasting Ltd".into(),
        bank_name: "Another Bank".into(),
        account_number: "GB94BARC10201530093459".into(),
        routing_number: "BARCGB22".into(),
    });
    let entity =
        pb::BillingEntity { name: house.entity.clone(), bank_account, ..pb::BillingEntity::default() };
    let bank = pb::UpdateBillingEntityRequest {
        billing_entity: Some(entity),
        update_mask: Some(FieldMask { paths: vec!["bank_account".into()] }),
        request_id: String::new(),
    };
    // The place and tax code have a rate from 4 January 2011 on; this is one more.
    let (valid_from, valid_to) = (Some(day("2010-01-01")?), Some(day("2011-01-03")?));
    let reduced = pb::TaxRate { percent: "5".into(), valid_from, valid_to, ..vat()? };
    let rate = pb::CreateTaxRateRequest { tax_rate: Some(reduced), request_id: String::new() };
    let period = format!("{}/accountingPeriods/2026-04", house.entity);
    let close = pb::SoftCloseAccountingPeriodRequest { name: period.clone(), request_id: "close".into() };
    let mut periods = AccountingPeriodServiceClient::new(house.billing("controller_1", Role::Controller)?);
    periods.soft_close_accounting_period(close).await?;
    let reopen = pb::ReopenAccountingPeriodRequest {
        name: period.clone(),
        reason: "A late invoice".into(),
        request_id: String::new(),
    };

    let mut proposer = house.changing("controller_1", Role::Controller)?;
    let proposals = [
        (
            proposal(("ChangeCheckSetting", &silent(&house)), "check"),
            adj::SubjectKind::MasterData,
            house.entity.as_str(),
        ),
        (
            proposal(("UpdateBillingEntity", &bank), "bank"),
            adj::SubjectKind::MasterData,
            house.entity.as_str(),
        ),
        (proposal(("CreateTaxRate", &rate), "rate"), adj::SubjectKind::TaxTable, ""),
        (
            proposal(("ReopenAccountingPeriod", &reopen), "period"),
            adj::SubjectKind::PeriodReopening,
            period.as_str(),
        ),
    ];
    for (request, kind, resource) in proposals {
        let change = proposer.propose_change(request).await?.into_inner();
        assert_eq!((change.subject_kind(), change.resource.as_str()), (kind, resource));
        approve(&house, &change, "controller_2").await?;
        until(&house, &change, adj::ChangeState::Executed).await?;
    }

    let auditor = house.billing("auditor", Role::Auditor)?;
    let request = pb::GetBillingEntityRequest { name: house.entity.clone() };
    let entity =
        BillingEntityServiceClient::new(auditor.clone()).get_billing_entity(request).await?.into_inner();
    assert_eq!(entity.bank_account.context("a bank account")?.bank_name, "Another Bank");
    let request = pb::ListTaxRatesRequest { place: "GB".into(), ..Default::default() };
    let rates = TaxServiceClient::new(auditor.clone()).list_tax_rates(request).await?.into_inner().tax_rates;
    let percents: Vec<&str> = rates.iter().map(|rate| rate.percent.as_str()).collect();
    assert_eq!(percents, ["20", "5"]);
    let request = pb::GetAccountingPeriodRequest { name: period };
    let period =
        AccountingPeriodServiceClient::new(auditor).get_accounting_period(request).await?.into_inner();
    assert_eq!(period.state(), pb::AccountingPeriodState::Open);
    Ok(())
}
