//! What limits are compared with.

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

/// A credit of 450.00 to one account, for this cause.
fn of_account(subject: &str, cause: pb::RootCause) -> pb::SubmitApprovalRequest {
    let mut request = submission(subject, "450.00");
    let case = request.approval_case.as_mut().unwrap();
    case.account = format!("accounts/acc_{}", Uuid::from_u128(1).simple());
    case.root_cause = cause.into();
    request
}

#[tokio::test]
async fn three_credits_with_three_reasons_do_not_slip_under_the_limit() {
    // 450.00 three times: automatic, manager (900.00), manager (1,350.00).
    let service = Service::start().await;
    let causes = [pb::RootCause::Pricing, pb::RootCause::Tax, pb::RootCause::Duplicate];
    let mut told = Vec::new();
    for (number, cause) in causes.into_iter().enumerate() {
        let request = of_account(&format!("accounts/a/adjustments/{number}"), cause);
        let approval = analyst(&service).submit_approval(request).await.unwrap().into_inner();
        let measure = approval.measure.unwrap();
        told.push((
            approval.automatic,
            measure.account_30_days.unwrap().amount,
            measure.account_and_cause_30_days.unwrap().amount,
        ));
    }
    let row = |automatic, account: &str| (automatic, account.to_owned(), "450.00".to_owned());
    assert_eq!(told, [row(true, "450.00"), row(false, "900.00"), row(false, "1350.00")]);
    service.clock.advance(SignedDuration::from_hours(24 * 30));
    let later = of_account("accounts/a/adjustments/9", pb::RootCause::Pricing);
    let later = analyst(&service).submit_approval(later).await.unwrap().into_inner();
    assert!(later.automatic, "after 30 days they do not count any more");
}

#[tokio::test]
async fn two_at_once_count_each_other() {
    let service = Service::start().await;
    let (mut one, mut other) = (analyst(&service), analyst(&service));
    let (one, other) = tokio::join!(
        one.submit_approval(of_account("accounts/a/adjustments/1", pb::RootCause::Pricing)),
        other.submit_approval(of_account("accounts/a/adjustments/2", pb::RootCause::Pricing)),
    );
    let automatic = [one, other].map(|approval| approval.unwrap().into_inner().automatic);
    assert_eq!(
        automatic.iter().filter(|automatic| **automatic).count(),
        1,
        "the second one waits for a manager"
    );
}

#[tokio::test]
async fn what_was_said_at_a_later_time_counts_too() {
    // Whoever waits for the other has an earlier time than what he waits for.
    let service = Service::start().await;
    service.clock.advance(SignedDuration::from_secs(1));
    let first = of_account("accounts/a/adjustments/1", pb::RootCause::Pricing);
    assert!(analyst(&service).submit_approval(first).await.unwrap().into_inner().automatic);
    service.clock.advance(SignedDuration::from_secs(-1));
    let second = of_account("accounts/a/adjustments/2", pb::RootCause::Tax);
    let second = analyst(&service).submit_approval(second).await.unwrap().into_inner();
    assert_eq!(second.measure.unwrap().account_30_days.unwrap().amount, "900.00");
}

#[tokio::test]
async fn what_was_refused_does_not_count() {
    let service = Service::start().await;
    let first =
        analyst(&service).submit_approval(submission("accounts/a/adjustments/1", "600.00")).await.unwrap();
    let withdraw = pb::WithdrawRequest { name: first.into_inner().name, request_id: "withdraw".into() };
    analyst(&service).withdraw(withdraw).await.unwrap();
    let second =
        analyst(&service).submit_approval(submission("accounts/a/adjustments/2", "499.00")).await.unwrap();
    assert!(second.into_inner().automatic);
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
    let request = pb::SimulateApprovalRequest { approval_case: Some(case("10000.00")), maker: String::new() };
    let answer = analyst(&service).simulate_approval(request).await.unwrap().into_inner();
    assert_eq!((answer.policy_rows, answer.steps.len()), (vec!["A3".to_owned()], 2));
    let listed = analyst(&service).list_approvals(pb::ListApprovalsRequest::default()).await.unwrap();
    assert_eq!(listed.into_inner().approvals, []);
}
