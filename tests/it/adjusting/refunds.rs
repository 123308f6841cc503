//! Money that goes back: asked for by one, approved by others, given back once; and what follows from a write-off.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1 as adj,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient,
        receivable_service_client::ReceivableServiceClient,
    },
};
use jiff::SignedDuration;
use prost_types::FieldMask;
use sqlx::{Connection, PgConnection};
use tokio::{
    join,
    time::{Instant, sleep},
};
use tonic::{Code, Status};

use super::{
    changes,
    house::{Door, House, amount, credit},
    line::State,
};
use crate::suite::reason;

const PATIENCE: Duration = Duration::from_secs(60);

const CONTROLLER: (&str, Role) = ("controller", Role::Controller);

fn pounds(amount: &str) -> Option<pb::Money> {
    Some(pb::Money { currency_code: "GBP".into(), amount: amount.into() })
}

fn receivables(house: &House, person: &str, role: Role) -> Result<ReceivableServiceClient<Door>> {
    Ok(ReceivableServiceClient::new(house.billing(person, role)?))
}

/// Adjustments has heard what invoicing has said of accounts so far, with both ears.
pub async fn heard(house: &House) -> Result<()> {
    heard_of(house, "account.").await
}

/// Both ears are as far as what invoicing has said of something so far, which the types of its events name.
pub async fn heard_of(house: &House, something: &str) -> Result<()> {
    let mut connection = PgConnection::connect(house.database.url()).await?;
    let sql = "select not exists (select from invoicing.outbox where position is null)
                  and (select coalesce(max(position), 0) from invoicing.outbox
                        where starts_with(type, 'billing.invoicing.v1.' || $1))
                      <= coalesce((select min(position) from adjustments.inbox where starts_with(feed, 'invoicing')
                                   having count(*) = 2), 0)";
    let since = Instant::now();
    while !sqlx::query_scalar::<_, bool>(sql).bind(something).fetch_one(&mut connection).await? {
        ensure!(since.elapsed() < PATIENCE, "adjustments does not hear invoicing");
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// 600.00 is open, and 1,000.00 came that is on no document: 400.00 can be given back.
async fn paid(house: &House) -> Result<pb::Receipt> {
    // 500.00 and VAT of 100.00.
    house.sell(&house.account, ("IO-1", "500.00", "GBP"), "0").await?;
    let invoice = house.bill().await?;
    assert_eq!(house.open_on(&invoice).await?, "600.00");
    let receipt = pb::Receipt {
        billing_entity: house.entity.clone(),
        amount: pounds("1000.00"),
        method: "WIRE".into(),
        ..pb::Receipt::default()
    };
    let request = pb::RecordReceiptRequest {
        parent: house.account.clone(),
        receipt: Some(receipt),
        request_id: "receipt".into(),
        ..pb::RecordReceiptRequest::default()
    };
    let mut collections = receivables(house, "collections", Role::Collections)?;
    let receipt = collections.record_receipt(request).await?.into_inner();
    heard(house).await?;
    Ok(receipt)
}

async fn ask(
    house: &House,
    receipt: &pb::Receipt,
    amount: &str,
    id: &str,
) -> Result<adj::RefundRequest, Status> {
    let wanted = adj::RefundRequest {
        source: receipt.name.clone(),
        amount: pounds(amount),
        reason: "The customer paid twice".into(),
        reference: "REF-7".into(),
        ..adj::RefundRequest::default()
    };
    let request = adj::RequestRefundRequest {
        parent: house.account.clone(),
        refund_request: Some(wanted),
        request_id: id.into(),
        rate: String::new(),
    };
    let analyst = house.refunding("analyst", Role::BillingAnalyst);
    let mut analyst = analyst.map_err(|error| Status::internal(error.to_string()))?;
    Ok(analyst.request_refund(request).await?.into_inner())
}

async fn approve(
    house: &House,
    refund: &adj::RefundRequest,
    (person, role): (&str, Role),
) -> Result<adj::Approval, Status> {
    let client = house.approving(person, role);
    let mut client = client.map_err(|error| Status::internal(error.to_string()))?;
    let request = adj::ApproveRequest {
        name: refund.approval.clone(),
        subject_digest: refund.digest.clone(),
        comment: String::new(),
        request_id: format!("{person}-{}", refund.approval),
    };
    Ok(client.approve(request).await?.into_inner())
}

/// Time goes on until the refund is in a state.
async fn until(
    house: &House,
    refund: &adj::RefundRequest,
    state: adj::RefundRequestState,
) -> Result<adj::RefundRequest> {
    let since = Instant::now();
    loop {
        let request = adj::GetRefundRequestRequest { name: refund.name.clone() };
        let mut auditor = house.refunding("auditor", Role::Auditor)?;
        let now = auditor.get_refund_request(request).await?.into_inner();
        if now.state() == state {
            return Ok(now);
        }
        ensure!(since.elapsed() < PATIENCE, "we wait in vain: {now:?}");
        house.clock.advance(SignedDuration::from_millis(500));
        sleep(Duration::from_millis(20)).await;
    }
}

async fn refunds(house: &House) -> Result<Vec<pb::Refund>> {
    let request =
        pb::ListRefundsRequest { parent: house.account.clone(), ..pb::ListRefundsRequest::default() };
    Ok(receivables(house, "auditor", Role::Auditor)?.list_refunds(request).await?.into_inner().refunds)
}

/// What gives the account another name.
fn renamed(house: &House) -> pb::UpdateAccountRequest {
    let renamed = pb::Account {
        name: house.account.clone(),
        legal_name: "Elsewhere Ltd".into(),
        ..pb::Account::default()
    };
    pb::UpdateAccountRequest {
        account: Some(renamed),
        update_mask: Some(FieldMask { paths: vec!["legal_name".into()] }),
        request_id: String::new(),
    }
}

#[tokio::test]
async fn what_nothing_stands_against_is_asked_for_approved_by_another_and_given_back_once() -> Result<()> {
    let house = House::open().await?;
    let receipt = paid(&house).await?;
    let above = ask(&house, &receipt, "500.00", "above").await.unwrap_err();
    assert_eq!((above.code(), reason(&above).as_str()), (Code::FailedPrecondition, "REFUND_ABOVE_CREDIT"));
    let figures = "400.00, which is the credit of 1000.00 less 600.00 open, disputed or written off";
    assert!(above.message().contains(figures), "{}", above.message());

    let asked = ask(&house, &receipt, "400.00", "refund").await?;
    assert_eq!(asked.state(), adj::RefundRequestState::Submitted);
    assert_eq!(
        ask(&house, &receipt, "400.00", "refund").await?,
        asked,
        "the same request is answered as before"
    );
    let approval = house.approval(&asked.approval).await?;
    assert_eq!(approval.subject_kind(), adj::SubjectKind::Refund);
    assert_eq!(
        (approval.subject.as_str(), approval.subject_digest.as_str()),
        (asked.name.as_str(), asked.digest.as_str())
    );
    assert_eq!(amount(&approval.measure.context("a refund is measured")?.this_amount), "400.00");
    let more = ask(&house, &receipt, "0.01", "more").await.unwrap_err();
    assert_eq!(reason(&more), "REFUND_ABOVE_CREDIT", "what is asked for counts: {}", more.message());

    let kinds = vec![adj::WorkItemKind::RefundRequest.into()];
    let request = adj::ListWorkItemsRequest { kinds, ..adj::ListWorkItemsRequest::default() };
    let mut queue = house.queue("analyst", Role::BillingAnalyst)?;
    let items = queue.list_work_items(request).await?.into_inner().work_items;
    let listed: Vec<_> = items.iter().map(|item| (item.name.as_str(), item.state.as_str())).collect();
    assert_eq!(listed, [(asked.name.as_str(), "SUBMITTED")]);

    // Who asks for it, who has made the account, and who is not asked by the policy.
    for (person, role, why) in [
        ("analyst", Role::Controller, "SELF_APPROVAL"),
        ("billing_manager_1", Role::Controller, "SELF_APPROVAL"),
        ("manager", Role::BillingManager, "NOT_ASKED"),
    ] {
        let refused = approve(&house, &asked, (person, role)).await.unwrap_err();
        assert_eq!(reason(&refused), why, "{person}: {}", refused.message());
    }
    assert_eq!(refunds(&house).await?, []);
    approve(&house, &asked, CONTROLLER).await?;
    let done = until(&house, &asked, adj::RefundRequestState::Executed).await?;
    let refunds = refunds(&house).await?;
    let [refund] = &refunds[..] else { panic!("{refunds:?}") };
    assert_eq!((refund.name.as_str(), refund.source.as_str()), (done.refund.as_str(), receipt.name.as_str()));
    assert_eq!((amount(&refund.amount), refund.reference.as_str()), ("400.00", "REF-7"));
    assert_eq!(house.approval(&done.approval).await?.state(), adj::ApprovalState::Executed);
    let request = pb::GetReceiptRequest { name: receipt.name };
    let left = receivables(&house, "auditor", Role::Auditor)?.get_receipt(request).await?.into_inner();
    assert_eq!(amount(&left.unapplied), "600.00");
    Ok(())
}

#[tokio::test]
async fn adjustments_dies_after_invoicing_has_given_it_back() -> Result<()> {
    let mut house = House::open().await?;
    let receipt = paid(&house).await?;
    let asked = ask(&house, &receipt, "400.00", "refund").await?;
    house.line.is(State::Deaf);
    approve(&house, &asked, CONTROLLER).await?;
    let since = Instant::now();
    while refunds(&house).await?.is_empty() {
        ensure!(since.elapsed() < PATIENCE, "nothing is given back");
        sleep(Duration::from_millis(10)).await;
    }
    house.line.is(State::Cut);
    house.adjustments_dies().await;
    house.line.is(State::Open);
    house.adjustments_starts().await?;
    let done = until(&house, &asked, adj::RefundRequestState::Executed).await?;
    let names: Vec<String> = refunds(&house).await?.into_iter().map(|refund| refund.name).collect();
    assert_eq!(names, [done.refund]);
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_any_more_is_void_and_not_given_back_later() -> Result<()> {
    let house = House::open().await?;
    let receipt = paid(&house).await?;
    let asked = ask(&house, &receipt, "400.00", "refund").await?;
    house.line.is(State::Cut);
    approve(&house, &asked, CONTROLLER).await?;
    let request = pb::ReverseReceiptRequest {
        name: receipt.name.clone(),
        day: None,
        reason: "it bounced".into(),
        request_id: "bounced".into(),
    };
    receivables(&house, "collections", Role::Collections)?.reverse_receipt(request).await?;
    house.line.is(State::Open);
    let void = until(&house, &asked, adj::RefundRequestState::Voided).await?;
    assert!(void.delay.starts_with("0.00 left"), "{}", void.delay);
    assert_eq!(house.approval(&asked.approval).await?.state(), adj::ApprovalState::Voided);
    assert_eq!(refunds(&house).await?, []);
    Ok(())
}

#[tokio::test]
async fn what_an_emergency_let_pass_is_void_too_where_it_is_not_there_any_more() -> Result<()> {
    let house = House::open().await?;
    let receipt = paid(&house).await?;
    let asked = ask(&house, &receipt, "400.00", "refund").await?;
    house.line.is(State::Cut);
    let pass = adj::PassInEmergencyRequest {
        name: asked.approval.clone(),
        incident: "INC-1".into(),
        reason: "the customer waits".into(),
        request_id: "pass".into(),
    };
    house.approving("controller", Role::Controller)?.pass_in_emergency(pass).await?;
    let request = pb::ReverseReceiptRequest {
        name: receipt.name.clone(),
        day: None,
        reason: "it bounced".into(),
        request_id: "bounced".into(),
    };
    receivables(&house, "collections", Role::Collections)?.reverse_receipt(request).await?;
    house.line.is(State::Open);
    let void = until(&house, &asked, adj::RefundRequestState::Voided).await?;
    assert!(void.delay.starts_with("0.00 left"), "{}", void.delay);
    let looked_at = house.approval(&asked.approval).await?.state();
    assert_eq!(looked_at, adj::ApprovalState::PostReviewDue, "somebody looks at it all the same");
    assert_eq!(refunds(&house).await?, []);
    Ok(())
}

#[tokio::test]
async fn whoever_changes_the_account_has_no_say_in_its_refunds() -> Result<()> {
    let house = House::open().await?;
    let receipt = paid(&house).await?;
    let first = ask(&house, &receipt, "400.00", "first").await?;
    let change = changes::propose(&house, "mover", ("UpdateAccount", &renamed(&house))).await?;
    changes::approve(&house, &change, "controller_2").await?;
    let void = until(&house, &first, adj::RefundRequestState::Voided).await?;
    assert!(void.delay.contains("ask for the refund anew"), "it says why: {void:?}");
    assert_eq!(house.approval(&first.approval).await?.void_reason, void.delay);
    let second = ask(&house, &receipt, "400.00", "second").await?;
    let refused = approve(&house, &second, ("mover", Role::Controller)).await.unwrap_err();
    assert_eq!(reason(&refused), "SELF_APPROVAL");
    assert!(refused.message().contains("account's editor"), "{}", refused.message());
    approve(&house, &second, CONTROLLER).await?;
    until(&house, &second, adj::RefundRequestState::Executed).await?;
    Ok(())
}

#[tokio::test]
async fn an_account_that_changes_before_anything_was_tried_makes_an_approved_refund_void() -> Result<()> {
    let house = House::open().await?;
    let receipt = paid(&house).await?;
    let asked = ask(&house, &receipt, "400.00", "refund").await?;
    house.line.is(State::Cut);
    approve(&house, &asked, CONTROLLER).await?;
    let since = Instant::now();
    let mut database = PgConnection::connect(house.database.url()).await?;
    let tried = "select exists (select from adjustments.refund_request where delay <> '')";
    while !sqlx::query_scalar::<_, bool>(tried).fetch_one(&mut database).await? {
        ensure!(since.elapsed() < PATIENCE, "nothing is tried");
        sleep(Duration::from_millis(10)).await;
    }
    // As if nobody had come to it yet; and nobody comes to it while somebody else has its request.
    let mut holder = PgConnection::connect(house.database.url()).await?;
    let mut held = holder.begin().await?;
    sqlx::query("select from adjustments.approval for update").execute(&mut *held).await?;
    sqlx::query("update adjustments.refund_request set attempt_at = null").execute(&mut database).await?;
    house.line.is(State::Open);
    let renamed = pb::UpdateAccountRequest { request_id: "apr_0".into(), ..renamed(&house) };
    AccountServiceClient::new(house.trusted()?).update_account(renamed).await?;
    let waits = "select exists (select from pg_stat_activity
                                 where datname = current_database() and wait_event_type = 'Lock'
                                   and query like '%approval%for update%')";
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut database).await? {
        ensure!(since.elapsed() < PATIENCE, "adjustments does not hear of the account");
        sleep(Duration::from_millis(10)).await;
    }
    held.rollback().await?;
    until(&house, &asked, adj::RefundRequestState::Voided).await?;
    assert_eq!(house.approval(&asked.approval).await?.state(), adj::ApprovalState::Voided);
    assert_eq!(refunds(&house).await?, []);
    Ok(())
}

#[tokio::test]
async fn who_changed_the_account_long_ago_may_approve() -> Result<()> {
    let house = House::open().await?;
    let receipt = paid(&house).await?;
    house.clock.advance(SignedDuration::from_hours(31 * 24));
    let asked = ask(&house, &receipt, "400.00", "refund").await?;
    approve(&house, &asked, ("billing_manager_1", Role::Controller)).await?;
    until(&house, &asked, adj::RefundRequestState::Executed).await?;
    Ok(())
}

#[tokio::test]
async fn two_at_once_never_ask_for_more_than_there_is() -> Result<()> {
    let house = House::open().await?;
    let receipt = paid(&house).await?;
    let (first, second) =
        join!(ask(&house, &receipt, "250.00", "first"), ask(&house, &receipt, "250.00", "second"));
    let mut refused: Vec<Status> = [first, second].into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    let refused = refused.pop().context("one was told no")?;
    assert_eq!(reason(&refused), "REFUND_ABOVE_CREDIT");
    assert!(refused.message().contains("150.00, which is"), "{}", refused.message());
    Ok(())
}

#[tokio::test]
async fn what_is_rejected_or_withdrawn_can_be_asked_for_again() -> Result<()> {
    use adj::RefundRequestState::{Rejected, Submitted, Withdrawn};
    let house = House::open().await?;
    let receipt = paid(&house).await?;
    let withdrawn = ask(&house, &receipt, "400.00", "first").await?;
    let request =
        adj::WithdrawRefundRequestRequest { name: withdrawn.name.clone(), request_id: "withdraw".into() };
    let mut other = house.refunding("other", Role::BillingAnalyst)?;
    let refused = other.withdraw_refund_request(request.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_THE_SUBMITTER");
    let mut analyst = house.refunding("analyst", Role::BillingAnalyst)?;
    let gone = analyst.withdraw_refund_request(request).await?.into_inner();
    assert_eq!(gone.state(), adj::RefundRequestState::Withdrawn);
    let again =
        adj::WithdrawRefundRequestRequest { name: withdrawn.name.clone(), request_id: "again".into() };
    assert_eq!(reason(&analyst.withdraw_refund_request(again).await.unwrap_err()), "REFUND_STATE");

    let rejected = ask(&house, &receipt, "400.00", "second").await?;
    let request = adj::RejectRequest {
        name: rejected.approval.clone(),
        subject_digest: rejected.digest.clone(),
        comment: "put it on the next invoice".into(),
        request_id: "no".into(),
    };
    house.approving("controller", Role::Controller)?.reject(request).await?;
    let third = ask(&house, &receipt, "400.00", "third").await?;
    let request = adj::ListRefundRequestsRequest {
        parent: "accounts/-".into(),
        ..adj::ListRefundRequestsRequest::default()
    };
    let all = analyst.list_refund_requests(request.clone()).await?.into_inner().refund_requests;
    let states: Vec<_> = all.iter().map(|refund| (refund.name.as_str(), refund.state())).collect();
    assert_eq!(
        states,
        [
            (third.name.as_str(), Submitted),
            (rejected.name.as_str(), Rejected),
            (withdrawn.name.as_str(), Withdrawn)
        ]
    );
    let request = adj::ListRefundRequestsRequest { state: Rejected.into(), ..request };
    let listed = analyst.list_refund_requests(request).await?.into_inner().refund_requests;
    assert_eq!(listed.len(), 1, "{listed:?}");
    Ok(())
}

#[tokio::test]
async fn nobody_goes_around_the_request_for_a_refund() -> Result<()> {
    let house = House::open().await?;
    let receipt = paid(&house).await?;
    let refund = pb::Refund { source: receipt.name.clone(), amount: pounds("1.00"), ..pb::Refund::default() };
    let request = pb::RecordRefundRequest {
        parent: house.account.clone(),
        refund: Some(refund),
        request_id: "direct".into(),
    };
    let direct =
        receivables(&house, "controller", Role::Controller)?.record_refund(request).await.unwrap_err();
    assert_eq!((direct.code(), reason(&direct).as_str()), (Code::PermissionDenied, "APPROVAL_REQUIRED"));
    assert!(direct.message().contains("refundRequests"), "{}", direct.message());
    // A request of its own about the same, of one pound.
    let asked = ask(&house, &receipt, "400.00", "refund").await?;
    let case = adj::ApprovalCase {
        subject_kind: adj::SubjectKind::Refund.into(),
        amount: pounds("1.00"),
        functional_currency_code: "GBP".into(),
        ..adj::ApprovalCase::default()
    };
    let request = adj::SubmitApprovalRequest {
        approval_case: Some(case),
        subject: asked.name.clone(),
        subject_digest: asked.digest.clone(),
        summary: "next to nothing".into(),
        request_id: "around".into(),
        ..adj::SubmitApprovalRequest::default()
    };
    let refused = house.approving("analyst", Role::BillingAnalyst)?.submit_approval(request).await;
    let refused = refused.unwrap_err();
    assert_eq!(reason(&refused), "MALFORMED");
    assert!(refused.message().contains("RequestRefund"), "{}", refused.message());
    Ok(())
}

#[tokio::test]
async fn the_tax_in_an_approved_write_off_is_claimed_back_by_the_manager_directly() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let mut wanted = credit(&invoice, "9000.00");
    wanted.kind = adj::AdjustmentKind::WriteOff.into();
    wanted.lines.iter_mut().for_each(|line| line.line = 0);
    let submitted = house.submit(&house.draft(wanted, "write-off").await?).await?;
    house.approve(&submitted, CONTROLLER).await?;
    let lost = house.until_executed(&submitted.name).await?;
    let mut manager = receivables(&house, "manager", Role::BillingManager)?;
    let claim = |id: &str| pb::ClaimTaxReliefRequest {
        name: lost.document.clone(),
        day: None,
        request_id: id.into(),
    };
    // Of 40,800.00 with VAT of 6,800.00, 9,000.00 has 1,500.00.
    let relieved = manager.claim_tax_relief(claim("claim")).await?.into_inner();
    assert_eq!((amount(&relieved.amount), amount(&relieved.tax_relief)), ("9000.00", "1500.00"));
    let twice = manager.claim_tax_relief(claim("twice")).await.unwrap_err();
    assert_eq!(reason(&twice), "TAX_RELIEF_CLAIMED");
    Ok(())
}
