//! What limits are compared with. Credits are asked for by adjustments itself: here a simulation measures them, and they are put in
//! as counts that are made credits past the service.

use billing_proto::billing::{
    adjustments::v1::{self as pb},
    invoicing::v1::Money,
};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::{
    approval::{analyst, case, submission},
    service::{Service, reason},
};

fn credit(amount: &str) -> pb::ApprovalCase {
    pb::ApprovalCase { subject_kind: pb::SubjectKind::Credit.into(), ..case(amount) }
}

/// 450.00 of one account, for this cause.
fn of_account(kind: pb::SubjectKind, cause: pb::RootCause) -> pb::ApprovalCase {
    pb::ApprovalCase {
        subject_kind: kind.into(),
        account: format!("accounts/acc_{}", Uuid::from_u128(1).simple()),
        root_cause: cause.into(),
        ..case("450.00")
    }
}

/// Whether nobody would be asked about it now, and how it would be measured.
async fn measured(service: &Service, case: pb::ApprovalCase) -> (bool, pb::ApprovalMeasure) {
    let request = pb::SimulateApprovalRequest { approval_case: Some(case), maker: String::new() };
    let answer = analyst(service).simulate_approval(request).await.unwrap().into_inner();
    (answer.steps.is_empty(), answer.measure.unwrap())
}

async fn counted(service: &Service, subject: &str, case: pb::ApprovalCase) -> pb::Approval {
    let request = pb::SubmitApprovalRequest { approval_case: Some(case), ..submission(subject, "0.00") };
    analyst(service).submit_approval(request).await.unwrap().into_inner()
}

async fn make_credit(service: &Service, subject: &str) {
    let mut connection = service.connection().await;
    let sql = "update approval set subject_kind = 'CREDIT' where subject = $1";
    sqlx::query(sql).bind(subject).execute(&mut connection).await.unwrap();
}

/// Asks for a credit of 450.00, and says how it was measured.
async fn credited(service: &Service, subject: &str, cause: pb::RootCause) -> (bool, pb::ApprovalMeasure) {
    let told = measured(service, of_account(pb::SubjectKind::Credit, cause)).await;
    counted(service, subject, of_account(pb::SubjectKind::ManualCount, cause)).await;
    make_credit(service, subject).await;
    told
}

#[tokio::test]
async fn three_credits_with_three_reasons_do_not_slip_under_the_limit() {
    // 450.00 three times: automatic, manager (900.00), manager (1,350.00).
    let service = Service::start().await;
    let causes = [pb::RootCause::Pricing, pb::RootCause::Tax, pb::RootCause::Duplicate];
    let mut told = Vec::new();
    for (number, cause) in causes.into_iter().enumerate() {
        let (automatic, measure) = credited(&service, &format!("counts/{number}"), cause).await;
        told.push((
            automatic,
            measure.account_30_days.unwrap().amount,
            measure.account_and_cause_30_days.unwrap().amount,
        ));
    }
    let row = |automatic, account: &str| (automatic, account.to_owned(), "450.00".to_owned());
    assert_eq!(told, [row(true, "450.00"), row(false, "900.00"), row(false, "1350.00")]);
    service.clock.advance(SignedDuration::from_hours(24 * 30));
    let (automatic, _) = credited(&service, "counts/9", pb::RootCause::Pricing).await;
    assert!(automatic, "after 30 days they do not count any more");
}

#[tokio::test]
async fn what_anybody_may_ask_for_does_not_count_with_credits() {
    let service = Service::start().await;
    let large = pb::ApprovalCase {
        amount: Some(Money { currency_code: "GBP".into(), amount: "90000.00".into() }),
        ..of_account(pb::SubjectKind::ManualCount, pb::RootCause::Pricing)
    };
    let asked = counted(&service, "counts/1", large).await;
    assert_eq!(asked.measure.unwrap().account_30_days.unwrap().amount, "90000.00");
    let (automatic, measure) =
        measured(&service, of_account(pb::SubjectKind::Credit, pb::RootCause::Pricing)).await;
    assert_eq!((automatic, measure.account_30_days.unwrap().amount.as_str()), (true, "450.00"));
}

#[tokio::test]
async fn what_was_said_at_a_later_time_counts_too() {
    // Whoever waits for the other has an earlier time than what he waits for.
    let service = Service::start().await;
    service.clock.advance(SignedDuration::from_secs(1));
    assert!(credited(&service, "counts/1", pb::RootCause::Pricing).await.0);
    service.clock.advance(SignedDuration::from_secs(-1));
    let (_, second) = credited(&service, "counts/2", pb::RootCause::Tax).await;
    assert_eq!(second.account_30_days.unwrap().amount, "900.00");
}

#[tokio::test]
async fn what_was_refused_does_not_count() {
    let service = Service::start().await;
    let first = counted(&service, "counts/1", case("600.00")).await;
    make_credit(&service, "counts/1").await;
    assert!(!measured(&service, credit("499.00")).await.0, "1,099.00 by one maker");
    let withdraw = pb::WithdrawRequest { name: first.name, request_id: "withdraw".into() };
    analyst(&service).withdraw(withdraw).await.unwrap();
    assert!(measured(&service, credit("499.00")).await.0);
}

#[tokio::test]
async fn another_currency_is_measured_at_the_rate_of_submission_and_never_without() {
    let service = Service::start().await;
    let mut request = submission("accounts/a/adjustments/1", "0.00");
    request.approval_case = Some(pb::ApprovalCase {
        amount: Some(Money { currency_code: "USD".into(), amount: "1000.00".into() }),
        functional_currency_code: "EUR".into(),
        ..case("0.00")
    });
    let refused = analyst(&service).submit_approval(request.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "RATE_MISSING");
    request.approval_case.as_mut().unwrap().rate = "0.9".into();
    let approval = analyst(&service).submit_approval(request).await.unwrap().into_inner();
    let this = approval.measure.unwrap().this_amount.unwrap();
    assert_eq!((this.currency_code.as_str(), this.amount.as_str()), ("EUR", "900.00"));
}

#[tokio::test]
async fn a_simulation_says_what_would_be_asked_and_asks_nothing() {
    let service = Service::start().await;
    let request =
        pb::SimulateApprovalRequest { approval_case: Some(credit("10000.00")), maker: String::new() };
    let answer = analyst(&service).simulate_approval(request).await.unwrap().into_inner();
    assert_eq!((answer.policy_rows, answer.steps.len()), (vec!["A3".to_owned()], 2));
    let listed = analyst(&service).list_approvals(pb::ListApprovalsRequest::default()).await.unwrap();
    assert_eq!(listed.into_inner().approvals, []);
}
